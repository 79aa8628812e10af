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

    private const string RecordExists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";

    private const string SelectTables = "SELECT name FROM sqlite_schema WHERE type = 'table'";

    private const string SelectApplied = "SELECT number, name, sha256 FROM schema_migrations ORDER BY number";

    private const string InsertApplied = "INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES (@number, @name, @sha256, @applied_at)";

    /// <inheritdoc/>
    public IReadOnlyList<AppliedMigration> ReadApplied() =>
        connection.Session.Prepared(RecordExists).QuerySingleOrDefault(static row => row.GetInt64(0)) == 1
            ? connection.Session.Prepared(SelectApplied).Query(static row => new AppliedMigration(row.GetInt32(0), row.GetString(1), row.GetString(2)))
            : [];

    /// <inheritdoc/>
    public IReadOnlySet<string> ReadTables() =>
        connection.Session.Prepared(SelectTables).Query(static row => row.GetString(0)).ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Apply(Migration migration, DateTimeOffset now)
    {
        try
        {
            connection.Begin();
            connection.Session.Prepared(CreateRecord).Execute();
            Execute(migration.Sql);
            if (!connection.InTransaction)
            {
                throw new InvalidOperationException("The script ended its transaction; it must contain no COMMIT or ROLLBACK.");
            }

            connection.Session.Prepared(InsertApplied).Bind(migration.Number, migration.Name, migration.Sha256, Instants.ToSql(now)).Execute();
            connection.Commit();
        }
        catch
        {
            connection.RollBack();
            throw;
        }
    }

    // Through the driver, which walks from statement to statement; scripts have many.
    private void Execute(string sql)
    {
        using var command = connection.Session.Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
