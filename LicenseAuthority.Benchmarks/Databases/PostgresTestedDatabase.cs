using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>A database of a PostgreSQL server that this run has started.</summary>
internal sealed class PostgresTestedDatabase : TestedDatabase
{
    private const int PerTransaction = 100;

    private readonly PostgresServer _server;
    private readonly PostgresDatabase _database;

    private PostgresTestedDatabase(PostgresServer server, string connectionString, PostgresDatabase database)
    {
        _server = server;
        _database = database;
        Settings = new Dictionary<string, string> { ["Storage__Provider"] = "Postgres", ["Storage__ConnectionString"] = connectionString };
    }

    /// <summary>Makes it, with the tables of the service.</summary>
    public static async Task<PostgresTestedDatabase> MakeAsync(PostgresServer server)
    {
        var connectionString = server.CreateMigratedDatabase();
        var database = await PostgresDatabase.OpenAsync(new StorageOptions { ConnectionString = connectionString }, TimeProvider.System);
        return new PostgresTestedDatabase(server, connectionString, database);
    }

    /// <inheritdoc/>
    public override SqlDialect Dialect => SqlDialect.Postgres;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings { get; }

    /// <inheritdoc/>
    public override TimeSpan ServerCpu => PostgresCpu.Read(_server);

    /// <inheritdoc/>
    public override async Task FillAsync(int count, bool due)
    {
        var store = BareStore.Of(_database);
        var changes = new LicenseChanges("stored", due);
        var several = new ParallelOptions { MaxDegreeOfParallelism = 2 * Environment.ProcessorCount };
        await Parallel.ForEachAsync(
            Enumerable.Range(0, (count + PerTransaction - 1) / PerTransaction),
            several,
            async (chunk, _) =>
            {
                List<Licensing.LicenseCommit> some;
                lock (changes)
                {
                    some = changes.Take(Math.Min(PerTransaction, count - (chunk * PerTransaction)));
                }

                await StoredLicenses.StoreAsync(_database, store, some);
            });
    }

    /// <inheritdoc/>
    public override Task<T> UseAsync<T>(Func<IDatabase, Task<T>> work) => work(_database);

    /// <inheritdoc/>
    public override async Task<long> CountDueAsync() => await _database.ReadAsync(
        static session => session.Prepared(StoredLicenses.CountDue)
            .Bind(Instants.ToSql(TimeProvider.System.GetUtcNow()))
            .QuerySingleOrDefaultAsync(static row => row.GetInt64(0)));

    /// <inheritdoc/>
    public override StoreFloorMeasurement NewFloor(bool withCalls) => new PostgresStoreFloor(this, _database, withCalls);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _database.DisposeAsync();
}
