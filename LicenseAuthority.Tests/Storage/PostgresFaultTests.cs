using System.Net;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LicenseAuthority.Tests.Storage;

/// <summary>What goes wrong with a PostgreSQL server and the way to it: answered clearly or served all the same, never half done.</summary>
[OnDatabases(TestDatabase.Postgres, AlsoOnOddTicks = true)]
internal sealed class PostgresFaultTests
{
    [TestCase(PostgresProxy.CutAt.BeforeTheServerHears)]
    [TestCase(PostgresProxy.CutAt.AfterTheServerHasDoneIt)]
    public async Task Commit_ConnectionIsCut_OrderIsServedOnce(PostgresProxy.CutAt at)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        using var proxy = await GoThroughProxyAsync(app);

        proxy.CutNextCommit(at);
        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        var again = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Cuts, Is.EqualTo(1));
            Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
            Assert.That(again.Body, Is.EqualTo(reply.Body));
            Assert.That(app.CountRows(), Does.StartWith("licenses 1, codes 1, orders 1, follow_up_orders 0, answers 0, events 1"));
        }
    }

    [TestCase(PostgresProxy.CutAt.BeforeTheServerHears)]
    [TestCase(PostgresProxy.CutAt.AfterTheServerHasDoneIt)]
    public async Task Commit_ConnectionIsCut_OperatorsCommandAppliesOnce(PostgresProxy.CutAt at)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        using var proxy = await GoThroughProxyAsync(app);
        var license = await SoldLicense.BuyAsync(app);

        // A real clock has ticks, a column has milliseconds: what is compared afterwards must be the same on both sides.
        app.Time.Advance(LicenseAuthorityApplication.OddTicks);

        proxy.CutNextCommit(at);
        var reply = await license.CommandAsync("revoke");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Cuts, Is.EqualTo(1));
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), "not a conflict with what this very command did");
            Assert.That(await license.EventWordsAsync(), Has.Exactly(1).StartsWith("license.revoked"));
        }
    }

    // What the lost answer hid from the sweep: its events are there once, and whoever follows commits hears of them.
    [TestCase(PostgresProxy.CutAt.BeforeTheServerHears)]
    [TestCase(PostgresProxy.CutAt.AfterTheServerHasDoneIt)]
    public async Task Commit_ConnectionIsCutDuringASweep_IsCountedToldAndRecordedOnce(PostgresProxy.CutAt at)
    {
        var told = new ToldEvents();
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.AddSingleton<ICommitListener>(told));
        using var proxy = await GoThroughProxyAsync(app);
        app.Time.Advance(LicenseAuthorityApplication.OddTicks);
        var license = await SoldLicense.BuyAsync(app);
        app.Time.Advance(SoldLicense.Term);
        told.Events.Clear();

        proxy.CutNextCommit(at);
        var settled = await Given.SettleDueAsync(app);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(proxy.Cuts, Is.EqualTo(1));
            Assert.That(settled, Is.EqualTo(1));
            Assert.That(told.Events.Select(each => each.Type), Is.EqualTo([LicenseEventType.Frozen]));
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(["license.issued marketplace", "license.frozen clock"]));
        }
    }

    [Test]
    public async Task Server_RestartsInTheMiddleOfLoad_NothingAnsweredIsLostAndHealthIsGreenAgain()
    {
        using var server = PostgresServer.StartNew(durable: true);
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], postgres: server);
        var answered = new Dictionary<string, MarketplaceReply>();
        var halfDone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var load = Task.WhenAll(Enumerable.Range(0, 8).Select(connection => Task.Run(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                var orderId = $"CS-{connection}-{i}";
                var reply = await app.Marketplace.SendAsync(GetLicenseCall.For(orderId));
                Assert.That(reply.ResultCode, Is.AnyOf("000000", "000005"), reply.ResultMessage);
                lock (answered)
                {
                    if (reply.ResultCode == "000000")
                    {
                        answered.Add(orderId, reply);
                    }

                    if (answered.Count == 100)
                    {
                        halfDone.TrySetResult();
                    }
                }
            }
        })));
        await Task.WhenAny(halfDone.Task, load);

        server.Stop(immediate: true);
        using var down = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        var refused = await app.Marketplace.SendAsync(GetLicenseCall.For("CS-WHILE-DOWN"));
        server.Start();
        await load;

        // The load may have run out while the server was away: health is green by the next good write.
        var served = await app.Marketplace.SendAsync(GetLicenseCall.For("CS-WHILE-DOWN"));
        using var up = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));

        Assert.That(down.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(refused.ResultCode, Is.EqualTo("000005"));
        Assert.That(served.ResultCode, Is.EqualTo("000000"), served.ResultMessage);
        Assert.That(up.StatusCode, Is.EqualTo(HttpStatusCode.OK), await up.Content.ReadAsStringAsync());
        foreach (var (orderId, reply) in answered)
        {
            Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For(orderId))).Body, Is.EqualTo(reply.Body), orderId);
        }

        Assert.That(app.Query("SELECT COUNT(*) FROM licenses"), Is.EqualTo(app.Query("SELECT COUNT(*) FROM orders")), "nothing is half done");
    }

    [Test]
    public async Task Write_Deadlock_TheOneThatWasRolledBackRunsAgain()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var a = await SoldLicense.BuyAsync(app);
        var b = await SoldLicense.BuyAsync(app);
        var database = app.Services.GetRequiredService<IDatabase>();
        using var bothHaveOne = new Barrier(2);
        var runs = 0;

        async ValueTask<int> TouchBoth(IWriteSession session, string first, string second)
        {
            var run = Interlocked.Increment(ref runs);
            await session.Prepared("UPDATE licenses SET round = round + 1 WHERE id = @id").Bind(first).ExecuteAsync();
            if (run <= 2)
            {
                Assert.That(bothHaveOne.SignalAndWait(Patience.Length), Is.True, "one of the two never came so far");
            }

            return await session.Prepared("UPDATE licenses SET round = round + 1 WHERE id = @id").Bind(second).ExecuteAsync();
        }

        await Task.WhenAll(
            Task.Run(() => database.WriteAsync(session => TouchBoth(session, a.Id, b.Id))),
            Task.Run(() => database.WriteAsync(session => TouchBoth(session, b.Id, a.Id))));

        Assert.That(runs, Is.AtLeast(3), "one of the two again; the server may choose both");
        Assert.That(app.Query("SELECT round FROM licenses"), Is.EqualTo([3L, 3L]));
    }

    [TestCase(2, "000000")]
    [TestCase(1000, "000005")]
    public async Task Write_SerializationFailures_RunsAgainAFewTimes(int failures, string expected)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        app.Change(
            $"""
            CREATE SEQUENCE failures;
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('failures') <= {failures} THEN RAISE EXCEPTION 'on purpose' USING ERRCODE = '40001'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail();
            """);

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        Assert.That(reply.ResultCode, Is.EqualTo(expected));
        Assert.That(app.CountRows(), Does.StartWith(expected == "000000" ? "licenses 1, codes 1, orders 1" : "licenses 0, codes 0, orders 0"));
    }

    // A look that read too much made the node unready, again and again, while the server served everybody.
    [Test]
    public async Task Read_TakesLongerThanItMay_NodeStaysReady()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await app.RestartAsync($"Storage:ConnectionString={app.PostgresConnectionString};Command Timeout=1");
        var database = app.Services.GetRequiredService<IDatabase>();

        Assert.That(
            async () => await database.ReadAsync(static session => session.Prepared("SELECT 1 FROM pg_sleep(60)").QuerySingleOrDefaultAsync(static row => row.GetInt64(0))),
            Throws.InstanceOf<StoreBusyException>());

        Assert.That(database.State.Fault, Is.Null);
    }

    [Test]
    public async Task Pool_Exhausted_IsBusyAndServedAfterwards()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await app.RestartAsync($"Storage:ConnectionString={app.PostgresConnectionString};Maximum Pool Size=2;Timeout=3;Command Timeout=5");
        var rows = app.CountRows();
        MarketplaceReply[] replies;
        await using (var connection = new NpgsqlConnection(app.PostgresConnectionString + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", connection);
            await hold.ExecuteNonQueryAsync();

            replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => app.Marketplace.SendAsync(GetLicenseCall.For($"CS{i}"))));
        }

        Assert.That(replies.Select(reply => reply.ResultCode), Is.All.EqualTo("000005"));
        Assert.That(app.CountRows(), Is.EqualTo(rows));
        for (var i = 0; i < 4; i++)
        {
            Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For($"CS{i}"))).ResultCode, Is.EqualTo("000000"));
        }
    }

    [Test]
    public async Task GetLicense_CallerHangsUpWhileItWaits_OrderIsServedAllTheSame()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await using (var connection = new NpgsqlConnection(app.PostgresConnectionString + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("LOCK TABLE licenses IN SHARE MODE", connection);
            await hold.ExecuteNonQueryAsync();
            using var hungUp = new CancellationTokenSource();
            var call = app.Client.GetAsync($"{MarketplaceCaller.Path}?{app.Marketplace.SignedQuery(GetLicenseCall.For("CS1").Parameters)}", hungUp.Token);
            await WaitingForALockAsync(connection, call);
            await hungUp.CancelAsync();
            Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
        Assert.That(app.CountRows(), Does.StartWith("licenses 1, codes 1, orders 1"));
    }

    private sealed class ToldEvents : ICommitListener
    {
        public List<LicenseEvent> Events { get; } = [];

        public void Committed(IReadOnlyList<LicenseEvent> events) => Events.AddRange(events);
    }

    // Fails where the call that is to wait has ended instead.
    private static async Task WaitingForALockAsync(NpgsqlConnection connection, Task call)
    {
        await using var waiting = new NpgsqlCommand(
            "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", connection);
        while (await waiting.ExecuteScalarAsync() is not true)
        {
            Assert.That(call.IsCompleted, Is.False, "the call was answered without waiting");
        }
    }

    private static async Task<PostgresProxy> GoThroughProxyAsync(LicenseAuthorityApplication app)
    {
        var settings = new NpgsqlConnectionStringBuilder(app.PostgresConnectionString);
        var proxy = new PostgresProxy(settings.Port);
        settings.Port = proxy.Port;
        await app.RestartAsync($"Storage:ConnectionString={settings.ConnectionString}");

        // Some statements first, so that the driver has prepared them: what is cut later is a connection in use.
        await SoldLicense.FetchCodeAsync(app, "none");
        return proxy;
    }
}
