using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// Applies migrations to a PostgreSQL database, in the first schema of the search path. Holds the lock that keeps two nodes from migrating at once; the
/// server gives it up with the connection, also when this process dies.
/// </summary>
internal sealed class PostgresMigrationTarget : IMigrationTarget, IDisposable
{
    // Any number that nobody else takes in this database: "LicAuth" in ASCII.
    private const long LockNumber = 0x4C696341757468;

    private const string CreateRecord = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          number     bigint NOT NULL PRIMARY KEY,
          name       text   NOT NULL,
          sha256     text   NOT NULL,
          applied_at bigint NOT NULL
        )
        """;

    // What a name without a schema finds, but for the server's own.
    private const string SelectTables = """
        SELECT relname FROM pg_class
        WHERE relkind IN ('r', 'p', 'v') AND pg_table_is_visible(oid)
            AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        """;

    private readonly NpgsqlConnection _connection;

    private PostgresMigrationTarget(NpgsqlConnection connection)
    {
        _connection = connection;
    }

    /// <summary>The connection that holds the lock, for those who go on under it.</summary>
    public NpgsqlConnection Connection => _connection;

    /// <summary>Connects and takes the lock; waits as long as another node holds it.</summary>
    /// <param name="connections">Where.</param>
    /// <param name="patience">How long a server that is away is waited for. Null: not at all.</param>
    /// <exception cref="StorageException">The database cannot be reached.</exception>
    public static async Task<PostgresMigrationTarget> ConnectAsync(PostgresConnections connections, StartPatience? patience = null)
    {
        var target = new PostgresMigrationTarget(await connections.OpenAloneAsync(patience));
        target.Execute($"SELECT pg_advisory_lock({LockNumber})");
        return target;
    }

    /// <inheritdoc/>
    public IReadOnlyList<AppliedMigration> ReadApplied()
    {
        using var exists = new NpgsqlCommand("SELECT to_regclass('schema_migrations') IS NOT NULL", _connection);
        if (exists.ExecuteScalar() is not true)
        {
            return [];
        }

        using var select = new NpgsqlCommand("SELECT number, name, sha256 FROM schema_migrations ORDER BY number", _connection);
        using var reader = select.ExecuteReader();
        var applied = new List<AppliedMigration>();
        while (reader.Read())
        {
            applied.Add(new AppliedMigration(checked((int)reader.GetInt64(0)), reader.GetString(1), reader.GetString(2)));
        }

        return applied;
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> ReadTables()
    {
        using var select = new NpgsqlCommand(SelectTables, _connection);
        using var reader = select.ExecuteReader();
        var tables = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
        {
            tables.Add(reader.GetString(0));
        }

        return tables;
    }

    /// <inheritdoc/>
    public void Apply(Migration migration, DateTimeOffset now)
    {
        using var transaction = _connection.BeginTransaction();
        try
        {
            Execute(CreateRecord);
            Execute(migration.Sql);
            using var insert = new NpgsqlCommand("INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)", _connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<long> { TypedValue = migration.Number },
                    new NpgsqlParameter<string> { TypedValue = migration.Name },
                    new NpgsqlParameter<string> { TypedValue = migration.Sha256 },
                    new NpgsqlParameter<long> { TypedValue = Instants.ToSql(now) },
                },
            };
            insert.ExecuteNonQuery();
            transaction.Commit();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw MayNot(exception);
        }
    }

    /// <summary>Has others create their tables on this connection, under this lock.</summary>
    public async Task CreateOthersTablesAsync(Func<NpgsqlConnection, Task>? create)
    {
        try
        {
            await (create?.Invoke(_connection) ?? Task.CompletedTask);
        }
        catch (Exception exception) when (FindPostgresException(exception) is { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused)
        {
            throw MayNot(refused);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static StorageException MayNot(PostgresException exception) => new(
        $"This role may not change the schema ({exception.MessageText}): run \"LicenseAuthority storage migrate\" once with the connection string of a role that may.", exception);

    private static PostgresException? FindPostgresException(Exception? exception)
    {
        while (exception is not null and not PostgresException)
        {
            exception = exception.InnerException;
        }

        return exception as PostgresException;
    }

    private void Execute(string sql)
    {
#pragma warning disable CA2100 // Migrations are this program's own text.
        using var command = new NpgsqlCommand(sql, _connection);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
