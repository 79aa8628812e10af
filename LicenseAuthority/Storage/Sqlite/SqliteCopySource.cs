using Dapper;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// A stopped SQLite authority that is to move. Holds its lock, so that no service starts on it meanwhile, and one transaction from the opening to the mark,
/// so that other programs change nothing either. Writes nothing but the mark.
/// </summary>
internal sealed class SqliteCopySource : IDisposable
{
    private readonly SqliteFileLock _lock;
    private readonly SqliteWriteConnection _connection;

    private SqliteCopySource(SqliteFileLock fileLock, SqliteWriteConnection connection, string path)
    {
        _lock = fileLock;
        _connection = connection;
        Path = path;
    }

    /// <summary>Full path of the database file.</summary>
    public string Path { get; }

    /// <summary>Takes the lock and opens the database, which must be there and have this program's schema.</summary>
    /// <exception cref="StorageException">A service runs on it, or it is none that can be moved.</exception>
    public static SqliteCopySource Open(SqliteConnections connections)
    {
        if (!File.Exists(connections.Path))
        {
            throw new StorageException($"There is no database {connections.Path} (Storage:ConnectionString).");
        }

        var fileLock = SqliteFileLock.Take(connections.Path);
        SqliteWriteConnection? connection = null;
        try
        {
            connection = new SqliteWriteConnection(connections.OpenWriter());
            connection.Begin();
            var migrations = Migrations.Embedded(SqlDialect.Sqlite);
            if (Migrations.Check(new SqliteMigrationTarget(connection), migrations) != migrations.Count)
            {
                throw new StorageException($"{connections.Path} has an older schema than this program: run \"LicenseAuthority storage migrate\" on it first.");
            }

            return new SqliteCopySource(fileLock, connection, connections.Path);
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            fileLock.Dispose();
            throw exception is SqliteException
                ? new StorageException($"{connections.Path} cannot be opened as an SQLite database ({exception.Message}).", exception)
                : exception;
        }
    }

    private SqliteConnection Connection => _connection.Session.Connection;

    public ValueTask<AuthorityRecord> GetRecordAsync() => AuthorityRecord.GetAsync(_connection.Session);

    /// <summary>Marks it as moved, durably; with nulls, as not moved. The last that is done with it.</summary>
    public async Task MarkMovedAsync(DateTimeOffset? at, string? to)
    {
        await AuthorityRecord.MarkMovedAsync(_connection.Session, at, to);
        _connection.Commit();
    }

    /// <summary>Makes sure that no column is left behind.</summary>
    /// <exception cref="StorageException">The databases have different columns: the program is at fault.</exception>
    public void CheckColumns(CopyTable table)
    {
        var columns = Connection.Query<string>("SELECT name FROM pragma_table_info(@name)", new { name = table.Name });
        if (!columns.ToHashSet(StringComparer.Ordinal).SetEquals(table.Columns.Select(static column => column.Name)))
        {
            throw new StorageException($"The table '{table.Name}' has other columns on SQLite than on PostgreSQL.");
        }
    }

    /// <summary>The rows in the order of the key.</summary>
    /// <exception cref="StorageException">A value is not of its column's type.</exception>
    public IEnumerable<SqlValue[]> Read(CopyTable table)
    {
        var order = string.Join(", ", table.Key.Select(static column => column.Name));
        using var reader = Connection.ExecuteReader($"SELECT {table.ColumnList} FROM {table.Name} ORDER BY {order}");
        while (reader.Read())
        {
            var row = new SqlValue[table.Columns.Count];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = Value(reader.GetValue(i), table, table.Columns[i]);
            }

            yield return row;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.RollBack();
        _connection.Dispose();
        _lock.Dispose();
    }

    // SQLite takes any value in any column; a value of another type was put there by hand.
    private static SqlValue Value(object value, CopyTable table, CopyColumn column) => (column.Kind, value) switch
    {
        (_, DBNull) => SqlValue.Null,
        (SqlValueKind.Integer, long number) => number,
        (SqlValueKind.Boolean, long and (0 or 1) and var number) => number != 0,
        (SqlValueKind.Text, string text) => text,
        (SqlValueKind.Blob, byte[] bytes) => bytes,
        _ => throw new StorageException($"The column '{column.Name}' of the table '{table.Name}' has a value that is no {column.Kind}: it was changed by hand."),
    };
}
