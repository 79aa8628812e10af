using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Storage;

/// <summary>Low writes beside normal ones on PostgreSQL: a sweep took every core, and an order one at a time took ten times as long.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresLowPaceTests
{
    private const string Insert = "INSERT INTO items (id) VALUES (@id)";

    private static readonly Migration Items = new(1, "items", "CREATE TABLE items (id bigint PRIMARY KEY)");

    private readonly FakeTimeProvider _time = new();
    private string _connectionString = "";
    private PostgresDatabase _database = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _connectionString = PostgresServer.Shared.CreateDatabase();
        _database = await PostgresDatabase.OpenAsync(new StorageOptions { ConnectionString = _connectionString }, _time, migrations: [Items]);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _database.DisposeAsync();
        PostgresServer.Shared.Drop(_connectionString);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Low_AfterALowWriteBesideANormalOne_PausesThreeTimesItsLength(bool together)
    {
        await (together ? _database.WriteTogetherAsync("1", session => InsertAsync(session, 1)) : _database.WriteAsync(session => InsertAsync(session, 1)));
        await WriteLowAsync(2, TimeSpan.FromMilliseconds(2), together);

        var next = WriteLowAsync(3, TimeSpan.Zero, together);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.That((next.IsCompleted, ((IDatabase)_database).IsContended), Is.EqualTo((false, true)));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await next.WaitAsync(Patience.Length);

        Assert.That(await StoredIdsAsync(), Is.EqualTo([1L, 2L, 3L]));
    }

    [TestCase(WritePriority.Low)]
    [TestCase(WritePriority.Upkeep)]
    public async Task Low_OnlyTheServicesOwnUpkeepBesideIt_NoPause(WritePriority beside)
    {
        await _database.WriteAsync(session => InsertAsync(session, 1), beside);
        await WriteLowAsync(2, TimeSpan.FromMilliseconds(2), together: false);

        await WriteLowAsync(3, TimeSpan.Zero, together: false).WaitAsync(Patience.Length);

        Assert.That(((IDatabase)_database).IsContended, Is.False);
    }

    private static async ValueTask<int> InsertAsync(IWriteSession session, long id) => await session.Prepared(Insert).Bind(id).ExecuteAsync();

    private Task<int> WriteLowAsync(long id, TimeSpan length, bool together)
    {
        return together ? _database.WriteTogetherAsync($"{id}", WorkAsync, WritePriority.Low) : _database.WriteAsync(WorkAsync, WritePriority.Low);

        ValueTask<int> WorkAsync(IWriteSession session)
        {
            _time.Advance(length);
            return InsertAsync(session, id);
        }
    }

    private async Task<List<long>> StoredIdsAsync() =>
        await _database.ReadAsync(static session => session.Prepared("SELECT id FROM items ORDER BY id").QueryAsync(static row => row.GetInt64(0)));
}
