using Dapper;
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

    private const string TableExists = "SELECT to_regclass(@table) IS NOT NULL";

    private const string SelectApplied = "SELECT number, name, sha256 FROM schema_migrations ORDER BY number";

    private const string InsertApplied = "INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES (@Number, @Name, @Sha256, @now)";

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
        target._connection.Execute("SELECT pg_advisory_lock(@number)", new { number = LockNumber });
        return target;
    }

    /// <inheritdoc/>
    public IReadOnlyList<AppliedMigration> ReadApplied() =>
        Exists("schema_migrations") ? _connection.Query<AppliedMigration>(SelectApplied).AsList() : [];

    /// <inheritdoc/>
    public IReadOnlySet<string> ReadTables() => _connection.Query<string>(SelectTables).ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Apply(Migration migration, DateTimeOffset now)
    {
        using var transaction = _connection.BeginTransaction();
        try
        {
            _connection.Execute(CreateRecord, transaction: transaction);
            _connection.Execute(migration.Sql, transaction: transaction);
            _connection.Execute(InsertApplied, new { migration.Number, migration.Name, migration.Sha256, now }, transaction);
            transaction.Commit();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw MayNot(exception);
        }
    }

    /// <summary>Has those who bring tables of their own make what is missing, under this lock.</summary>
    public async Task CreateMissingAsync(IReadOnlyList<ISchemaPart> parts)
    {
        try
        {
            foreach (var part in parts.Where(part => !Exists(part.Table)))
            {
                await using var transaction = await _connection.BeginTransactionAsync();
                await part.CreateAsync(_connection, transaction);
                await transaction.CommitAsync();
            }
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

    private bool Exists(string table) => _connection.ExecuteScalar<bool>(TableExists, new { table });
}
