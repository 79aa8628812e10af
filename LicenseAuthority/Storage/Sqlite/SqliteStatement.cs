using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// A prepared statement of one SQLite connection:
/// <c>session.Prepared(InsertLicense).Bind(id, account, expiresAt).Execute()</c>.
/// Parameters are numbered in the order in which they first stand in the SQL, whatever their names. Every parameter must be bound for
/// every execution: nothing is left over from the one before. Not thread-safe, like the connection that it belongs to.
/// </summary>
/// <remarks>
/// Works on SQLite's own statement and not through the driver's command: no boxing, no look-up of parameter names, and no retry loop
/// that would put the only writer to sleep.
/// </remarks>
internal sealed class SqliteStatement : IStatement, IDisposable
{
    private const int MaxParameters = 64;
    private const int StackBytes = 512;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly SqliteRow _row;
    private readonly string _sql;
    private readonly int _parameterCount;
    private readonly ulong _allBound;
    private ulong _bound;

    internal SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        _sql = sql;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement, out var tail));
        _row = new SqliteRow(_statement);
        _parameterCount = raw.sqlite3_bind_parameter_count(_statement);
        if (_parameterCount > MaxParameters || !string.IsNullOrWhiteSpace(tail))
        {
            _statement.Dispose();
            throw new ArgumentException($"A prepared statement is one statement with at most {MaxParameters} parameters: {sql}", nameof(sql));
        }

        _allBound = _parameterCount == MaxParameters ? ulong.MaxValue : (1UL << _parameterCount) - 1;
    }

    /// <summary>Whether its rows are being read.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>When its session was last asked for it, in the session's own count.</summary>
    public long LastAsked { get; set; }

    /// <summary>Binds all parameters by position.</summary>
    /// <exception cref="ArgumentException">Not as many values as parameters.</exception>
    public SqliteStatement Bind(params ReadOnlySpan<SqlValue> values)
    {
        if (values.Length != _parameterCount)
        {
            throw new ArgumentException($"{values.Length} values for {_parameterCount} parameters: {_sql}", nameof(values));
        }

        for (var i = 0; i < values.Length; i++)
        {
            BindOne(i + 1, values[i]);
        }

        return this;
    }

    /// <summary>Runs a statement that returns no rows, or whose rows do not matter; returns how many rows it changed.</summary>
    public int Execute()
    {
        Start();
        try
        {
            while (Step())
            {
            }

            return raw.sqlite3_changes(_database);
        }
        finally
        {
            Finish();
        }
    }

    /// <summary>Returns the only row, or <c>default</c> if there is none. For a value type ask for the nullable one.</summary>
    /// <exception cref="InvalidOperationException">There is more than one row.</exception>
    public T? QuerySingleOrDefault<T>(RowReader<T> read)
    {
        Start();
        try
        {
            if (!Step())
            {
                return default;
            }

            var value = read(_row);
            return Step() ? throw new InvalidOperationException($"More than one row: {_sql}") : value;
        }
        finally
        {
            Finish();
        }
    }

    public List<T> Query<T>(RowReader<T> read)
    {
        var rows = new List<T>();
        Start();
        try
        {
            while (Step())
            {
                rows.Add(read(_row));
            }

            return rows;
        }
        finally
        {
            Finish();
        }
    }

    IStatement IStatement.Bind(params ReadOnlySpan<SqlValue> values) => Bind(values);

    ValueTask<int> IStatement.ExecuteAsync() => new(Execute());

    void IStatement.Enqueue() => Execute();

    ValueTask<T?> IStatement.QuerySingleOrDefaultAsync<T>(RowReader<T> read)
        where T : default => new(QuerySingleOrDefault(read));

    ValueTask<List<T>> IStatement.QueryAsync<T>(RowReader<T> read) => new(Query(read));

    /// <inheritdoc/>
    public void Dispose()
    {
        _statement.Dispose();
    }

    private void Start()
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"The statement is running, it cannot be used inside its own row callback: {_sql}");
        }

        if (_bound != _allBound)
        {
            throw new InvalidOperationException($"Not every parameter is bound: {_sql}");
        }

        IsRunning = true;
    }

    private bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(code, _database);
        }

        return false;
    }

    // A statement left open would hold its snapshot; its return value only repeats the error that Step has thrown.
    private void Finish()
    {
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
        _bound = 0;
        IsRunning = false;
    }

    private void BindOne(int position, SqlValue value)
    {
        var code = value.Kind switch
        {
            _ when value.IsNull => raw.sqlite3_bind_null(_statement, position),
            SqlValueKind.Integer or SqlValueKind.Boolean => raw.sqlite3_bind_int64(_statement, position, value.Number),
            SqlValueKind.Text => BindText(position, (string)value.Reference!),
            _ => raw.sqlite3_bind_blob(_statement, position, (byte[])value.Reference!),
        };
        Check(code);
        _bound |= 1UL << (position - 1);
    }

    private int BindText(int position, string text)
    {
        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (size <= StackBytes)
        {
            Span<byte> onStack = stackalloc byte[StackBytes];
            return raw.sqlite3_bind_text(_statement, position, onStack[..Encoding.UTF8.GetBytes(text, onStack)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            // SQLite copies the bytes before it returns.
            return raw.sqlite3_bind_text(_statement, position, rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(code, _database);
        }
    }
}
