using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage;

/// <summary>The writer's connection, inside its transaction. Reads on it see what was written before in the same batch.</summary>
internal sealed class SqliteWriteSession : SqliteSession
{
    internal SqliteWriteSession(SqliteConnection connection)
        : base(connection)
    {
    }

    internal void CloseConnection()
    {
        Close();
    }
}
