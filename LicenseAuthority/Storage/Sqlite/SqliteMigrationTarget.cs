using Dapper;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>Applies migrations to an SQLite file, on the connection of whoever holds its lock.</summary>
internal sealed class SqliteMigrationTarget(SqliteWriteConnection connection) : IMigrationTarget
{
    private const string CreateRecord = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          number     INTEGER NOT NULL PRIMARY KEY,
          name       TEXT    NOT NULL,
          sha256     TEXT    NOT NULL,
          applied_at INTEGER NOT NULL
        ) STRICT
        """;

    private const string RecordExists = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations')";

    private const string SelectTables = "SELECT name FROM sqlite_schema WHERE type = 'table'";

    private const string SelectApplied = "SELECT number, name, sha256 FROM schema_migrations ORDER BY number";

    private const string InsertApplied = "INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES (@Number, @Name, @Sha256, @now)";

    private SqliteConnection Connection => connection.Session.Connection;

    /// <inheritdoc/>
    public IReadOnlyList<AppliedMigration> ReadApplied() =>
        Connection.ExecuteScalar<bool>(RecordExists) ? Connection.Query<AppliedMigration>(SelectApplied).AsList() : [];

    /// <inheritdoc/>
    public IReadOnlySet<string> ReadTables() => Connection.Query<string>(SelectTables).ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Apply(Migration migration, DateTimeOffset now)
    {
        try
        {
            connection.Begin();
            Connection.Execute(CreateRecord);
            Connection.Execute(migration.Sql);
            if (!connection.InTransaction)
            {
                throw new InvalidOperationException("The script ended its transaction; it must contain no COMMIT or ROLLBACK.");
            }

            Connection.Execute(InsertApplied, new { migration.Number, migration.Name, migration.Sha256, now });
            connection.Commit();
        }
        catch
        {
            connection.RollBack();
            throw;
        }
    }
}
