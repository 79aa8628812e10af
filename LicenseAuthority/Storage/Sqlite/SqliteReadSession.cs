using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>A connection that cannot write, inside one snapshot: all reads of a session see the same state.</summary>
internal sealed class SqliteReadSession : SqliteSession
{
    internal SqliteReadSession(SqliteConnection connection)
        : base(connection)
    {
    }

    internal void CloseConnection()
    {
        Close();
    }
}
