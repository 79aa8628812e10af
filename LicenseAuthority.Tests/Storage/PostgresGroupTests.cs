using System.Collections.Concurrent;
using Dapper;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Tests.Support;
using Npgsql;

namespace LicenseAuthority.Tests.Storage;

/// <summary>Works that share a transaction on PostgreSQL: each gets its own right answer, whatever becomes of the others. See docs/adr/0021.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresGroupTests
{
    private const string Insert = "INSERT INTO items (id, name, good, bytes) VALUES (@id, @name, @good, @bytes)";

    private const string InsertNew =
        "INSERT INTO items (id, name) SELECT @id, @name WHERE NOT EXISTS (SELECT 1 FROM items WHERE id = @id) ON CONFLICT DO NOTHING";

    private const string SelectTransaction = "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)";
    private const string SelectCount = "SELECT count(*) FROM items";

    private static readonly Migration Items = new(
        1,
        "items",
        """
        CREATE TABLE items (
            id bigint PRIMARY KEY, name text CHECK (name <> 'bad'), good boolean, bytes bytea, version bigint NOT NULL DEFAULT 1,
            number bigint GENERATED ALWAYS AS IDENTITY);
        CREATE TABLE notes (item bigint NOT NULL REFERENCES items (id), text text NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY);
        """);

    private static readonly byte[] Bytes = [0, 255];

    private string _connectionString = "";
    private PostgresDatabase _database = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _connectionString = PostgresServer.Shared.CreateDatabase();
        _database = await OpenAsync(_connectionString);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _database.DisposeAsync();
        PostgresServer.Shared.Drop(_connectionString);
    }

    [Test]
    public async Task Works_ThatWaitTogether_ShareATransactionAndEachGetsItsOwnResult()
    {
        var release = await HoldLanesAsync();
        var works = Enumerable.Range(1, 3).Select(id => _database.WriteTogetherAsync($"{id}", async session =>
        {
            session.Prepared(Insert).Bind((long)id, $"name {id}", id == 1 ? (bool?)null : id == 2, id == 3 ? Bytes : (byte[]?)null).Enqueue();
            return (Id: id, Transaction: await session.Prepared(SelectTransaction).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)));
        })).ToList();
        release();
        var results = await Task.WhenAll(works);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(results.Select(static result => result.Id), Is.EqualTo([1, 2, 3]));
            Assert.That(results.Select(static result => result.Transaction).Distinct().Count(), Is.EqualTo(1));
            Assert.That(await RowsAsync(), Is.EqualTo(["1 name 1 NULL NULL", "2 name 2 True NULL", "3 name 3 False 00FF"]));
        }
    }

    // The rows of one table become one statement; its numbers are given in the order of the works all the same.
    [Test]
    public async Task Works_HandedInInAnyOrder_RunInTheirOwn()
    {
        var release = await HoldLanesAsync();
        var works = new long[] { 3, 1, 2 }.Select(id => _database.WriteTogetherAsync($"{id}", session => EnqueueAsync(session, id))).ToList();
        release();
        await Task.WhenAll(works);

        Assert.That(
            await _database.ReadAsync(session => session.Prepared("SELECT id FROM items ORDER BY number").QueryAsync(static row => row.GetInt64(0))),
            Is.EqualTo([1L, 2L, 3L]));
    }

    [Test]
    public async Task Work_ThatMeetsAConflict_IsTheOnlyOneThatIsRefused()
    {
        await _database.WriteAsync(session => EnqueueAsync(session, 2));
        var outcomes = await StoreTogetherAsync(1, 2, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcomes, Is.EqualTo(["stored", "conflict", "stored"]));
            Assert.That(await CountAsync(), Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Works_ThatWantTheSame_OneIsFirst()
    {
        Assert.That(await StoreTogetherAsync(1, 1), Is.EqualTo(["stored", "conflict"]));
        Assert.That(await CountAsync(), Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Work_ThatFails_IsTheOnlyOneThatFails(bool onTheServer)
    {
        var release = await HoldLanesAsync();
        var first = _database.WriteTogetherAsync("1", session => EnqueueAsync(session, 1));
        var bad = _database.WriteTogetherAsync("2", session => onTheServer ? EnqueueAsync(session, 2, "bad") : throw new InvalidDataException("on purpose"));
        var last = _database.WriteTogetherAsync("3", session => EnqueueAsync(session, 3));
        release();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await first, Is.EqualTo(1));
            Assert.That(await last, Is.EqualTo(3));
            Assert.That(
                async () => await bad,
                onTheServer
                    ? Throws.InstanceOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.CheckViolation)
                    : Throws.InstanceOf<InvalidDataException>());
            Assert.That(await CountAsync(), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Works_AreCounted_WhileTheyWaitAndWhenTheyShareACommit()
    {
        IGroupCommit counts = _database;
        var shared = new ConcurrentQueue<int>();
        var begun = 0;
        counts.Committed += shared.Enqueue;
        counts.Begun += _ => Interlocked.Increment(ref begun);

        var release = await HoldLanesAsync();
        var works = new long[] { 1, 2, 3 }.Select(id => _database.WriteTogetherAsync($"{id}", session => EnqueueAsync(session, id))).ToList();
        Assert.That(counts.QueueLength, Is.EqualTo(3));
        release();
        await Task.WhenAll(works);
        Assert.That(counts.QueueLength, Is.Zero);

        // Whoever stands alone counts as well; so all who held a lane are through when the database is closed.
        await _database.WriteAsync(session => EnqueueAsync(session, 4));
        await _database.DisposeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shared, Is.EquivalentTo([1, 1, 3, 1]));
            Assert.That(begun, Is.EqualTo(5));
            Assert.That(counts.Commits, Is.EqualTo(4));
            Assert.That(counts.Items, Is.EqualTo(6));
            Assert.That(counts.Replays, Is.Zero);
        }
    }

    [Test]
    public async Task Works_WhoseGroupFails_CountAsOneReplayAndAsTheCommitsThatTheyMadeAlone()
    {
        IGroupCommit counts = _database;
        var release = await HoldLanesAsync();
        var bad = _database.WriteTogetherAsync("1", session => EnqueueAsync(session, 1, "bad"));
        var good = _database.WriteTogetherAsync("2", session => EnqueueAsync(session, 2));
        release();
        await good;

        Assert.That(async () => await bad, Throws.InstanceOf<PostgresException>());
        await _database.DisposeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(counts.Replays, Is.EqualTo(1));
            Assert.That(counts.Items, Is.EqualTo(3));
            Assert.That(counts.Commits, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Works_WhoseCountingFails_AreStoredAllTheSame()
    {
        _database.Committed += static _ => throw new InvalidOperationException("on purpose");

        Assert.That(await _database.WriteTogetherAsync("1", session => EnqueueAsync(session, 1)), Is.EqualTo(1));
        Assert.That(await _database.WriteAsync(session => EnqueueAsync(session, 2)), Is.EqualTo(2));
        Assert.That(await CountAsync(), Is.EqualTo(2));
    }

    [TestCase(PostgresProxy.CutAt.BeforeTheServerHears, "stored")]
    [TestCase(PostgresProxy.CutAt.AfterTheServerHasDoneIt, "stored before")]
    public async Task Commit_ConnectionIsCut_EachWorkFindsOutForItself(PostgresProxy.CutAt at, string outcome)
    {
        var settings = new NpgsqlConnectionStringBuilder(_connectionString);
        using var proxy = new PostgresProxy(settings.Port);
        settings.Port = proxy.Port;
        await _database.DisposeAsync();
        _database = await OpenAsync(settings.ConnectionString);

        proxy.CutNextCommit(at);
        var outcomes = await StoreTogetherAsync(1, 2, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Cuts, Is.EqualTo(1));
            Assert.That(outcomes, Is.EqualTo(Enumerable.Repeat(outcome, 3)));
            Assert.That(await CountAsync(), Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Connection_IsCutBeforeTheCommit_EachWorkIsStoredOnce()
    {
        var release = await HoldLanesAsync();
        var ran = 0;
        var works = Enumerable.Range(1, 3).Select(id => _database.WriteTogetherAsync($"{id}", async session =>
        {
            var outcome = await StoreAsync(session, id);
            if (Interlocked.Increment(ref ran) == 3)
            {
                // All have written, and none is committed.
                PostgresServer.Shared.DropConnections(PostgresServer.NameOf(_connectionString));
            }

            return outcome;
        })).ToList();
        release();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Task.WhenAll(works), Is.EqualTo(["stored", "stored", "stored"]), "nobody takes its own row for another's");
            Assert.That(ran, Is.EqualTo(6));
            Assert.That(await CountAsync(), Is.EqualTo(3));
        }
    }

    [TestCase("40001")]
    [TestCase("40P01")]
    public async Task Works_MeetSerializationFailureOrDeadlock_AllAreStored(string sqlState)
    {
        await using (var connection = await _database.DataSource.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
            $"""
            CREATE SEQUENCE failures;
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('failures') <= 2 THEN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{sqlState}'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER fail BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION fail();
            """);
        }

        Assert.That(await StoreTogetherAsync(1, 2, 3), Is.EqualTo(["stored", "stored", "stored"]));
        Assert.That(await CountAsync(), Is.EqualTo(3));
    }

    [Test]
    public async Task Work_ThatWaitsForSomebodyElse_HoldsUpNoOther()
    {
        await _database.WriteAsync(session => EnqueueAsync(session, 1));
        await using var connection = new NpgsqlConnection(_connectionString + ";Pooling=false");
        await connection.OpenAsync();
        Task<string> blocked;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("DELETE FROM items WHERE id = 1", connection);
            await hold.ExecuteNonQueryAsync();
            var release = await HoldLanesAsync();

            // Until that transaction ends nobody knows whether there is a row 1.
            blocked = _database.WriteTogetherAsync("1", session => UpdateAsync(session, 1));
            var other = _database.WriteTogetherAsync("2", session => StoreAsync(session, 2));
            release();

            Assert.That(await other, Is.EqualTo("stored"));
            Assert.That(blocked.IsCompleted, Is.False);
            await transaction.CommitAsync();
        }

        Assert.That(await blocked, Is.EqualTo("gone"));
    }

    [Test]
    public async Task ExecuteEach_OfAnUpdateThatAsksForAVersion_SaysWhichRowsItChanged()
    {
        await StoreTogetherAsync(1, 2, 3);
        const string Update = "UPDATE items SET name = @name, good = @good, version = @version WHERE id = @id AND version = @expected";
        var changed = await _database.WriteAsync(session => session.ExecuteEachAsync(
            Update, [["one", true, 2L, 1L, 1L], ["two", (bool?)null, 2L, 2L, 9L], [(string?)null, (bool?)null, 2L, 3L, 1L], ["late", true, 3L, 1L, 1L]]));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(PostgresSql.Of(Update).UpdateOfRows, Is.Not.Null);
            Assert.That(string.Join(' ', changed), Is.AnyOf("1 0 1 0", "0 0 1 1"), "of two that want one version either is first");
            Assert.That(await RowsAsync(), Is.EqualTo([$"1 {(changed[0] == 1 ? "one" : "late")} True NULL", "2 good NULL NULL", "3 NULL NULL NULL"]));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Parts_OfOneWork_KeepTheirOrderAndAreSeenByWhatComesAfter(bool asked)
    {
        const string InsertNote = "INSERT INTO notes (item, text) VALUES (@item, @text)";
        var seen = await _database.WriteAsync(async session =>
        {
            for (var id = 1L; id <= 3; id++)
            {
                session.BeginPart();
                session.Prepared(Insert).Bind(id, "good", true, Bytes).Enqueue();
                session.Prepared(InsertNote).Bind(id, $"first of {id}").Enqueue();
                session.Prepared(InsertNote).Bind(id, $"second of {id}").Enqueue();
            }

            return asked ? await session.Prepared("SELECT count(*) FROM notes").QuerySingleOrDefaultAsync(static row => (long?)row.GetInt64(0)) : null;
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Is.EqualTo(asked ? 6 : null));
            Assert.That(
                await _database.ReadAsync(session => session.Prepared("SELECT text FROM notes ORDER BY number").QueryAsync(static row => row.GetString(0))),
                Is.EqualTo(["first of 1", "second of 1", "first of 2", "second of 2", "first of 3", "second of 3"]));
        }
    }

    // In one transaction the server's locks keep nobody apart.
    [Test]
    public async Task Works_ThatAskForOneLock_SeeWhatTheOtherHasWritten()
    {
        async ValueTask<long> CountAndAddAsync(IWriteSession session, long id)
        {
            session.Lock("the same");
            var count = await session.Prepared(SelectCount).QuerySingleOrDefaultAsync(static row => row.GetInt64(0));
            return count + (await EnqueueAsync(session, id) - id);
        }

        var release = await HoldLanesAsync();
        var works = Enumerable.Range(1, 3).Select(id => _database.WriteTogetherAsync($"{id}", session => CountAndAddAsync(session, id))).ToList();
        release();

        Assert.That(await Task.WhenAll(works), Is.EqualTo([0L, 1L, 2L]));
    }

    [Test]
    public async Task Work_WithdrawnWhileItWaits_HarmsNoOther()
    {
        using var hungUp = new CancellationTokenSource();
        var release = await HoldLanesAsync();
        var first = _database.WriteTogetherAsync("1", session => StoreAsync(session, 1));
        var withdrawn = _database.WriteTogetherAsync("2", session => StoreAsync(session, 2), cancellationToken: hungUp.Token);
        var last = _database.WriteTogetherAsync("3", session => StoreAsync(session, 3), cancellationToken: hungUp.Token);
        var lastBegan = _database.WriteTogetherAsync("4", session =>
        {
            // All of the group have begun: too late to withdraw one.
            hungUp.Cancel();
            return StoreAsync(session, 4);
        });

        using var early = new CancellationTokenSource();
        var gone = _database.WriteTogetherAsync("5", session => StoreAsync(session, 5), cancellationToken: early.Token);
        await early.CancelAsync();
        Assert.That(async () => await gone, Throws.InstanceOf<OperationCanceledException>());
        release();

        Assert.That(await Task.WhenAll(first, withdrawn, last, lastBegan), Is.All.EqualTo("stored"));
        Assert.That(await CountAsync(), Is.EqualTo(4));
    }

    [Test]
    public async Task Close_WhileWorksWait_FinishesThemAndTakesNoMore()
    {
        var release = await HoldLanesAsync();
        var works = Enumerable.Range(1, 3).Select(id => _database.WriteTogetherAsync($"{id}", session => StoreAsync(session, id))).ToList();
        var closing = _database.DisposeAsync().AsTask();
        Assert.That(async () => await _database.WriteTogetherAsync("4", session => StoreAsync(session, 4)), Throws.InstanceOf<ObjectDisposedException>());
        release();

        Assert.That(await Task.WhenAll(works), Is.All.EqualTo("stored"));
        await closing;
        await using var again = await OpenAsync(_connectionString);
        Assert.That(await again.ReadAsync(static session => session.Prepared(SelectCount).QuerySingleOrDefaultAsync(static row => row.GetInt64(0))), Is.EqualTo(3));
    }

    [Test]
    public async Task Reads_TogetherWithOneThatFails_EachGetsItsOwn()
    {
        await StoreTogetherAsync(1, 2);
        var reads = Enumerable.Range(0, 16).Select(i => Task.Run(async () => await _database.ReadTogetherAsync(session => session
            .Prepared("SELECT id / CAST(@divisor AS bigint), CAST(@i AS bigint) FROM items WHERE id = 1")
            .Bind(i == 7 ? 0L : 1L, (long)i)
            .QuerySingleOrDefaultAsync(static row => (long?)row.GetInt64(1))))).ToList();

        for (var i = 0; i < reads.Count; i++)
        {
            var read = reads[i];
            if (i == 7)
            {
                Assert.That(
                    async () => await read,
                    Throws.InstanceOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.DivisionByZero));
            }
            else
            {
                Assert.That(await read, Is.EqualTo(i));
            }
        }
    }

    [TestCase("INSERT INTO t (a, b) VALUES (@a, @b)", "INSERT INTO t (a, b) SELECT given.p1, given.p2 FROM unnest($1, $2) AS given (p1, p2)")]
    [TestCase(
        "INSERT INTO t (a, b, c, n)\nVALUES (@a, @b,\n    @a, 0)",
        "INSERT INTO t (a, b, c, n) SELECT given.p1, given.p2,\n    given.p1, 0 FROM unnest($1, $2) AS given (p1, p2)")]
    [TestCase("INSERT INTO t (a) VALUES (@a) ON CONFLICT (a) DO NOTHING", "INSERT INTO t (a) SELECT given.p1 FROM unnest($1) AS given (p1) ON CONFLICT (a) DO NOTHING")]
    [TestCase("INSERT INTO t (a) VALUES (coalesce(@a, 1))", null)]
    [TestCase("INSERT INTO t (a) SELECT @a", null)]
    [TestCase("INSERT INTO t (a) VALUES (@a) ON CONFLICT (a) DO UPDATE SET a = @a", null)]
    [TestCase("UPDATE t SET a = @a", null)]
    public void InsertOfRows_IsMadeOfAPlainInsertOnly(string sql, string? expected) =>
        Assert.That(PostgresSql.Of(sql).InsertOfRows, Is.EqualTo(expected));

    [TestCase("UPDATE t SET a = @a WHERE id = @id")]
    [TestCase("UPDATE t SET a = a + 1 WHERE id = @id AND version > @version")]
    [TestCase("UPDATE t SET a = coalesce(@a, 1) WHERE id = @id AND version = @version")]
    public void UpdateOfRows_WhereSeveralCouldChangeOneRow_IsNotMade(string sql) => Assert.That(PostgresSql.Of(sql).UpdateOfRows, Is.Null);

    private static Task<PostgresDatabase> OpenAsync(string connectionString) =>
        PostgresDatabase.OpenAsync(new StorageOptions { ConnectionString = connectionString }, TimeProvider.System, migrations: [Items]);

    // Nobody waits for it: it goes with the COMMIT.
    private static ValueTask<long> EnqueueAsync(IWriteSession session, long id, string name = "good")
    {
        session.Prepared(Insert).Bind(id, name, true, Bytes).Enqueue();
        return ValueTask.FromResult(id);
    }

    private static async ValueTask<string> StoreAsync(IWriteSession session, long id) =>
        await session.Prepared(InsertNew).Bind(id, "good").ExecuteAsync() == 1 ? "stored"
        : session.MayBeStoredAlready ? "stored before"
        : "conflict";

    private static async ValueTask<string> UpdateAsync(IWriteSession session, long id) =>
        await session.Prepared("UPDATE items SET name = 'better' WHERE id = @id").Bind(id).ExecuteAsync() == 1 ? "updated" : "gone";

    // What is handed in until then waits, and shares the next transaction.
    private async Task<Action> HoldLanesAsync()
    {
        var gate = new ManualResetEventSlim();
        for (var i = 0; i < PostgresDatabase.WriteLanes; i++)
        {
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = _database.WriteTogetherAsync("", _ =>
            {
                begun.TrySetResult();
                return ValueTask.FromResult(gate.Wait(Patience.Length));
            });
            await begun.Task;
        }

        return gate.Set;
    }

    private async Task<string[]> StoreTogetherAsync(params long[] ids)
    {
        var release = await HoldLanesAsync();
        var works = ids.Select(id => _database.WriteTogetherAsync($"{id}", session => StoreAsync(session, id))).ToList();
        release();
        return await Task.WhenAll(works);
    }

    private async Task<long> CountAsync() =>
        await _database.ReadAsync(static session => session.Prepared(SelectCount).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)));

    private async Task<List<string>> RowsAsync() => await _database.ReadAsync(static session => session
        .Prepared("SELECT id, name, good, bytes FROM items ORDER BY id")
        .QueryAsync(static row =>
            $"{row.GetInt64(0)} {row.GetStringOrNull(1) ?? "NULL"} {(row.IsNull(2) ? "NULL" : row.GetBoolean(2))} "
                + (row.IsNull(3) ? "NULL" : Convert.ToHexString(row.GetBytes(3)))));
}
