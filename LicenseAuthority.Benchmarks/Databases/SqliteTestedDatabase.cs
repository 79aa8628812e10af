using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>A file in the folder of the run.</summary>
internal sealed class SqliteTestedDatabase(string path) : TestedDatabase
{
    private const int PerTransaction = 5_000;

    private readonly StorageOptions _options = new() { ConnectionString = $"Data Source={path}" };

    /// <inheritdoc/>
    public override SqlDialect Dialect => SqlDialect.Sqlite;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["Storage__ConnectionString"] = $"Data Source={path}" };

    /// <inheritdoc/>
    public override Func<long> Commits => () => CommitCounter.Read(path);

    /// <inheritdoc/>
    public override Task FillAsync(int count, bool due) => UseAsync(async database =>
    {
        var store = BareStore.Of(database);
        var changes = new LicenseChanges("stored", due);
        for (var stored = 0; stored < count;)
        {
            var some = changes.Take(Math.Min(PerTransaction, count - stored));
            stored += await StoredLicenses.StoreAsync(database, store, some);
        }

        return 0;
    });

    /// <inheritdoc/>
    public override async Task<T> UseAsync<T>(Func<IDatabase, Task<T>> work)
    {
        await using var database = Open();
        return await work(database);
    }

    /// <inheritdoc/>
    public override async Task<long> CountDueAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={path};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = StoredLicenses.CountDue;
        command.Parameters.AddWithValue("@now", Instants.ToSql(TimeProvider.System.GetUtcNow()));
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <inheritdoc/>
    public override StoreFloorMeasurement NewFloor(bool withCalls) =>
        new WriterFloor(Open(), SqliteConnections.From(_options, Path.GetTempPath()), withCalls);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private SqliteDatabase Open() => SqliteDatabase.Open(_options, Path.GetTempPath(), TimeProvider.System);
}
