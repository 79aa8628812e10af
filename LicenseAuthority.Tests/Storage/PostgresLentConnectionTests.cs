using System.Data.Common;
using Dapper;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Tests.Support;
using Npgsql;

namespace LicenseAuthority.Tests.Storage;

/// <summary>Dapper on the connection of a PostgreSQL session: in its transaction, and after what was enqueued before. See docs/adr/0011.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresLentConnectionTests
{
    private const string InsertOne = "INSERT INTO items (id, name) VALUES (@id, @name)";
    private const string SelectCount = "SELECT count(*) FROM items";

    private static readonly Migration Items = new(1, "items", "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL)");

    private static readonly byte[] Bytes = [0, 255];
    private static readonly string[] Words = ["a", "b"];

    private string _connectionString = "";
    private PostgresDatabase _database = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _connectionString = PostgresServer.Shared.CreateDatabase();
        _database = await PostgresDatabase.OpenAsync(new StorageOptions { ConnectionString = _connectionString }, TimeProvider.System, migrations: [Items]);
    }

    [TearDown]
    public async Task Close()
    {
        await _database.DisposeAsync();
        PostgresServer.Shared.Drop(_connectionString);
    }

    // Seven statements for each time that a connection is taken, three times for an order.
    [Test]
    public async Task Connection_TakenAgain_WasNotReset()
    {
        await using (var first = await _database.DataSource.OpenConnectionAsync())
        {
            await first.ExecuteAsync("SET statement_timeout = 12345");
        }

        Assert.That(await _database.ReadAsync(async session => await session.Connection.ExecuteScalarAsync<string>("SHOW statement_timeout")), Is.EqualTo("12345ms"));
    }

    private static readonly (string Name, Func<DbConnection, Task<long>> Count)[] Ways =
    [
        ("scalar", connection => connection.ExecuteScalarAsync<long>(SelectCount)),
        ("query", async connection => (await connection.QueryAsync<long>(SelectCount)).Single()),
        ("single", connection => connection.QuerySingleAsync<long>(SelectCount)),
        ("reader", async connection =>
        {
            await using var reader = await connection.ExecuteReaderAsync(SelectCount);
            await reader.ReadAsync();
            return reader.GetInt64(0);
        }),
        ("execute", async connection => await connection.ExecuteAsync("UPDATE items SET name = name")),
    ];

    private static IEnumerable<TestCaseData> EveryWay => Ways.Select(static way => new TestCaseData(way.Count).SetArgDisplayNames(way.Name));

    [TestCaseSource(nameof(EveryWay))]
    public async Task Dapper_StatementsWereEnqueuedBefore_SeesThem(Func<DbConnection, Task<long>> count)
    {
        var counts = await _database.WriteAsync(async session =>
        {
            // Also where the connection was there before the statement was.
            var connection = session.Connection;
            session.Prepared(InsertOne).Bind(1L, "one").Enqueue();
            session.Prepared(InsertOne).Bind(2L, "two").Enqueue();
            var first = await count(connection);
            session.Prepared(InsertOne).Bind(3L, "three").Enqueue();
            return (First: first, Second: await count(connection));
        });

        Assert.That(counts, Is.EqualTo((2L, 3L)));
    }

    [Test]
    public async Task Dapper_BetweenTwoEnqueuedStatements_RunsBetweenThem()
    {
        await _database.WriteAsync(async session =>
        {
            session.Prepared(InsertOne).Bind(1L, "enqueued before").Enqueue();
            await session.Connection.ExecuteAsync("UPDATE items SET name = name || ', then Dapper'");
            session.Prepared("UPDATE items SET name = name || @more").Bind(", then enqueued").Enqueue();
            return 0;
        });

        Assert.That(await NamesAsync(), Is.EqualTo(["enqueued before, then Dapper, then enqueued"]));
    }

    [Test]
    public async Task Dapper_EnqueuedStatementFails_SaysSoAndNothingIsStored()
    {
        Assert.That(
            () => _database.WriteAsync(async session =>
            {
                session.Prepared(InsertOne).Bind(1L, "one").Enqueue();
                session.Prepared(InsertOne).Bind(1L, "taken").Enqueue();
                return await session.Connection.ExecuteScalarAsync<long>(SelectCount);
            }),
            Throws.TypeOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.UniqueViolation));

        Assert.That(await NamesAsync(), Is.Empty);
    }

    [Test]
    public async Task Dapper_AfterALock_HoldsIt()
    {
        var locks = await _database.WriteAsync(async session =>
        {
            session.Lock("items");
            return await session.Connection.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()");
        });

        Assert.That(locks, Is.EqualTo(1));
    }

    [Test]
    public async Task Dapper_WorkThatFailsAfterwards_LeavesNothingStored()
    {
        Assert.That(
            () => _database.WriteAsync<int>(async session =>
            {
                await session.Connection.ExecuteAsync(InsertOne, new { id = 1L, name = "one" });
                throw new InvalidOperationException("a fault of the work");
            }),
            Throws.InvalidOperationException);

        Assert.That(await NamesAsync(), Is.Empty, "its commands belong to the session's transaction");
    }

    [Test]
    public async Task LentConnection_SynchronousCallOrTransactionOfItsOwn_Refused()
    {
        await _database.ReadAsync(session =>
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(() => session.Connection.ExecuteScalar<long>(SelectCount), Throws.TypeOf<NotSupportedException>());
                Assert.That(() => session.Connection.Execute("DELETE FROM items"), Throws.TypeOf<NotSupportedException>());
                Assert.That(() => session.Connection.Query<long>(SelectCount), Throws.TypeOf<NotSupportedException>());
                Assert.That(() => session.Connection.BeginTransaction(), Throws.InvalidOperationException);
                Assert.That(() => session.Connection.Close(), Throws.InvalidOperationException);
            }

            return ValueTask.FromResult(0);
        });
    }

    [Test]
    public async Task Dapper_Values_ComeBackUnchanged()
    {
        var instant = DateTimeOffset.UnixEpoch.AddMilliseconds(1_780_000_000_123);
        foreach (var text in DapperValues.Texts.Where(static text => text?.Contains('\0', StringComparison.Ordinal) != true))
        {
            var (milliseconds, at, none, read, yes, bytes, found) = await _database.ReadAsync(async session =>
                await session.Connection.QuerySingleAsync<(long, DateTimeOffset, DateTimeOffset?, string?, bool, byte[], bool)>(
                    "SELECT @instant, @instant, @none, @text, @yes, @bytes, 'b' IN @words",
                    new { instant, none = (DateTimeOffset?)null, text, yes = true, bytes = Bytes, words = Words }));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(milliseconds, Is.EqualTo(1_780_000_000_123));
                Assert.That(at, Is.EqualTo(instant));
                Assert.That(none, Is.Null);
                Assert.That(read, Is.EqualTo(text));
                Assert.That(yes, Is.True);
                Assert.That(bytes, Is.EqualTo(Bytes));
                Assert.That(found, Is.True);
            }
        }
    }

    private async Task<IEnumerable<string>> NamesAsync() =>
        await _database.ReadAsync(async session => await session.Connection.QueryAsync<string>("SELECT name FROM items ORDER BY id"));
}
