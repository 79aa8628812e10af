using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// An SQLite connection lent to a piece of work: <see cref="Prepared"/> for the product's hot statements, <see cref="Connection"/> for all others.
/// Lent, not given: keep neither beyond the callback, and begin or end no transaction, that is the lender's.
/// </summary>
internal abstract class SqliteSession : IReadSession
{
    /// <summary>So many are kept, far above the handful of hot ones; then the one that was not asked for the longest goes.</summary>
    public const int MostStatements = 128;

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);
    private long _asked;

    private protected SqliteSession(SqliteConnection connection)
    {
        Connection = connection;
    }

    /// <summary>The open connection. Commands need no transaction object.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>How many statements are kept.</summary>
    public int Statements => _statements.Count;

    /// <summary>The prepared statement for this SQL, made at first use and kept by the connection. Run it before you ask for many others.</summary>
    public SqliteStatement Prepared(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            if (_statements.Count == MostStatements)
            {
                Evict();
            }

            statement = new SqliteStatement(Connection.Handle!, sql);
            _statements.Add(sql, statement);
        }

        statement.LastAsked = ++_asked;
        return statement;
    }

    SqlDialect IReadSession.Dialect => SqlDialect.Sqlite;

    DbConnection IReadSession.Connection => Connection;

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

    // One that runs is in the hands of a caller further up, who asks for others while he reads its rows.
    private void Evict()
    {
        var (sql, oldest) = _statements.Where(static pair => !pair.Value.IsRunning).MinBy(static pair => pair.Value.LastAsked);
        if (oldest is not null)
        {
            _statements.Remove(sql);
            oldest.Dispose();
        }
    }
}
