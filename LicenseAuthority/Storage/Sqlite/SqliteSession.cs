using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// An SQLite connection lent to a piece of work: <see cref="Prepared"/> for the product's statements, <see cref="Connection"/> for what is not one.
/// Lent, not given: keep neither beyond the callback, and begin or end no transaction, that is the lender's.
/// </summary>
internal abstract class SqliteSession : IReadSession
{
    // Far above the handful of hot statements: who reaches it makes SQL texts at run time.
    private const int MaxStatements = 128;

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    private protected SqliteSession(SqliteConnection connection)
    {
        Connection = connection;
    }

    /// <summary>The open connection. Commands need no transaction object.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>The prepared statement for this SQL, made at first use and kept as long as the connection. Give constants only.</summary>
    public SqliteStatement Prepared(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            if (_statements.Count == MaxStatements)
            {
                throw new InvalidOperationException("Too many different statements: SQL that is put together at run time must not be kept.");
            }

            statement = new SqliteStatement(Connection.Handle!, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    SqlDialect IReadSession.Dialect => SqlDialect.Sqlite;

    IStatement IReadSession.Prepared(string sql) => Prepared(sql);

    private protected void Close()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        Connection.Dispose();
    }
}
