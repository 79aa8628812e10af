using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>The writer's connection, inside its transaction. Reads on it see what was written before in the same batch.</summary>
internal sealed class SqliteWriteSession : SqliteSession, IWriteSession
{
    internal SqliteWriteSession(SqliteConnection connection)
        : base(connection)
    {
    }

    // A COMMIT in this process has either returned or not happened.
    bool IWriteSession.MayBeStoredAlready => false;

    ValueTask<int[]> IWriteSession.ExecuteEachAsync(string sql, IReadOnlyList<SqlValue[]> values)
    {
        var statement = Prepared(sql);
        var changed = new int[values.Count];
        for (var i = 0; i < changed.Length; i++)
        {
            changed[i] = statement.Bind(values[i]).Execute();
        }

        return new ValueTask<int[]>(changed);
    }

    // There is no other writer.
    void IWriteSession.Lock(string name)
    {
    }

    internal void CloseConnection()
    {
        Close();
    }
}
