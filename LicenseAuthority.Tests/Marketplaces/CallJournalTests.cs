using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Marketplaces;

/// <summary>The journal of calls: what it keeps and shows, for how long, and what happens when the store does not take it.</summary>
[OnEveryDatabase]
internal sealed class CallJournalTests
{
    private static readonly DateTimeOffset Start = LicenseAuthorityApplication.Now;

    [Test]
    public async Task Call_Recorded_IsShownWithAllThatIsKnown()
    {
        await using var app = await StartAsync();
        app.Journal.Record(Call() with
        {
            At = Start.AddMilliseconds(1234),
            Test = true,
            OrderLineId = "CS1-000001",
            Request = CallContent.FromParameters([KeyValuePair.Create("activity", "getLicense"), KeyValuePair.Create("authToken", "abc"), KeyValuePair.Create("orderId", "CS1")]),
            Answer = CallContent.FromJson(Encoding.UTF8.GetBytes("""{"resultCode":"000000","license":"PL-1234-5678-9ABC"}""")),
            AccessKeyId = "0badcafe",
            MessageId = "msg_1",
        });

        var listed = (await app.CallsAsync()).Single();

        var id = listed.GetProperty("id").GetString()!;
        var node = listed.GetProperty("node").GetString()!;
        Assert.That(id, Does.Match("^call_[0-9A-HJKMNP-TV-Z]{26}$"));
        Assert.That(node, Does.StartWith(Environment.MachineName + "/"));
        Assert.That(listed.GetRawText(), Is.EqualTo(
            $$"""{"id":"{{id}}","at":"2026-06-01T00:00:01.234Z","direction":"in","account":"default","activity":"getLicense","test":true,"""
            + $$""" "orderId":"CS1","orderLineId":"CS1-000001","instanceId":"lic_1","resultCode":"000000","resultMsg":"success.","httpStatus":200,""".TrimStart()
            + $$""" "durationMs":7,"node":"{{node}}","request":{"activity":"getLicense","orderId":"CS1"},""".TrimStart()
            + """ "answer":{"resultCode":"000000","license":"…9ABC"}}""".TrimStart()));
        Assert.That((await app.Admin.GetAsync("marketplace/calls/" + id)).Json.GetRawText(), Is.EqualTo(listed.GetRawText()));
    }

    [Test]
    public async Task Call_WithNothingMore_IsShownWithNulls()
    {
        await using var app = await StartAsync();
        app.Journal.Record(new EndedCall
        {
            At = Start, Direction = CallDirection.Out, Account = "default", Activity = "queryOrder", Duration = TimeSpan.FromSeconds(15), OrderId = "", Error = "no answer",
        });

        var listed = (await app.CallsAsync()).Single().GetRawText();

        Assert.That(listed, Does.Contain(
            ""","direction":"out","account":"default","activity":"queryOrder","test":false,"orderId":null,"orderLineId":null,"instanceId":null,"resultCode":null,"resultMsg":null,"httpStatus":null,"durationMs":15000,"""));
        Assert.That(listed, Does.EndWith(@",""request"":null,""answer"":null}"));
    }

    // Ids are times: a call that another node writes later stands where it belongs.
    [Test]
    public async Task List_EveryFilter_FindsItsOwn_NewestFirst()
    {
        await using var app = await StartAsync();
        var journal = app.Journal;
        EndedCall[] calls =
        [
            Call() with { OrderId = "A0" },
            Call() with { OrderId = "A1", Account = "second" },
            Call() with { OrderId = "A2", Direction = CallDirection.Out, Activity = "queryOrder" },
            Call() with { OrderId = "A3", Activity = "releaseLicense" },
            Call() with { OrderId = "A4", ResultCode = "000005" },
            Call() with { OrderId = "A5", InstanceId = "lic_5" },
        ];
        foreach (var (i, call) in calls.Index().OrderBy(one => one.Index % 3))
        {
            journal.Record(call with { At = Start.AddSeconds(i) });
        }

        await app.WriteCallsAsync();

        async Task<string> FoundAsync(string query) => string.Join(
            ' ', (await app.Admin.ListAsync("marketplace/calls" + query)).Select(call => call.GetProperty("orderId").GetString()));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await FoundAsync(""), Is.EqualTo("A5 A4 A3 A2 A1 A0"));
            Assert.That(await FoundAsync("?limit=1"), Is.EqualTo("A5 A4 A3 A2 A1 A0"));
            Assert.That(await FoundAsync("?account=second"), Is.EqualTo("A1"));
            Assert.That(await FoundAsync("?direction=out"), Is.EqualTo("A2"));
            Assert.That(await FoundAsync("?direction=in&limit=2"), Is.EqualTo("A5 A4 A3 A1 A0"));
            Assert.That(await FoundAsync("?activity=releaseLicense"), Is.EqualTo("A3"));
            Assert.That(await FoundAsync("?resultCode=000005"), Is.EqualTo("A4"));
            Assert.That(await FoundAsync("?orderId=A4"), Is.EqualTo("A4"));
            Assert.That(await FoundAsync("?instanceId=lic_5"), Is.EqualTo("A5"));
            Assert.That(await FoundAsync("?from=2026-06-01T00:00:03Z"), Is.EqualTo("A5 A4 A3"));
            Assert.That(await FoundAsync("?to=2026-06-01T00:00:03Z&limit=2"), Is.EqualTo("A2 A1 A0"));
            Assert.That(await FoundAsync("?from=2026-06-01T00:00:01Z&to=2026-06-01T00:00:04Z&account=default&limit=1"), Is.EqualTo("A3 A2"));
            Assert.That(await FoundAsync("?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z"), Is.EqualTo("A5 A4 A3 A2 A1 A0"));
            Assert.That(await FoundAsync("?to=0001-01-01T00:00:00Z"), Is.Empty);
            Assert.That(await FoundAsync("?orderId=A4&resultCode=000000"), Is.Empty);
        }
    }

    [TestCase("direction=sideways")]
    [TestCase("from=yesterday")]
    [TestCase("to=2026-06-01")]
    [TestCase("order=CS1")]
    [TestCase("account=a&account=b")]
    [TestCase("orderId=%00")]
    [TestCase("cursor=AAAA")]
    [TestCase("limit=0")]
    public async Task List_BadQuery_400(string query)
    {
        await using var app = await StartAsync();

        var reply = await app.Admin.GetAsync("marketplace/calls?" + query);

        Assert.That($"{(int)reply.Status} {reply.Code}", Is.EqualTo("400 bad-query"));
    }

    [Test]
    public async Task Get_Unknown_404()
    {
        await using var app = await StartAsync();

        var reply = await app.Admin.GetAsync("marketplace/calls/call_01JD5V5ZQ8W3M9X7K2T4R6Y8AB");

        Assert.That($"{(int)reply.Status} {reply.Code}", Is.EqualTo("404 call-not-found"));
    }

    [Test]
    public async Task Call_OfWordsThatNoDatabaseTakes_IsKept()
    {
        await using var app = await StartAsync();
        app.Journal.Record(Call() with { OrderId = "a\0b\uD800", Activity = new string('x', 5000), ResultMsg = "m\0" });

        var listed = (await app.CallsAsync()).Single();

        Assert.That(listed.GetProperty("orderId").GetString(), Is.EqualTo("a\uFFFDb\uFFFD"));
        Assert.That(listed.GetProperty("activity").GetString()!, Has.Length.EqualTo(128));
    }

    // Nobody asks it to: what comes alone is gathered for a moment, and what comes in masses is not.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Calls_AreWrittenByThemselves_AlsoWhenTheServiceStops()
    {
        await using var app = await StartAsync();
        await app.Journal.StartAsync(CancellationToken.None);
        app.Journal.Record(Call() with { OrderId = "A0" });
        while (app.Query("SELECT order_id FROM marketplace_calls").Count == 0)
        {
            app.Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        // The pause of the writer, as long as the steps of the clock were, is over.
        await app.WriteCallsAsync();
        app.Time.Advance(TimeSpan.FromSeconds(10));
        app.Journal.Record(Call() with { OrderId = "A1", At = Start.AddSeconds(1) });
        await app.StopAsync();

        Assert.That(app.Query("SELECT order_id FROM marketplace_calls ORDER BY id"), Is.EqualTo(new object[] { "A0", "A1" }));
    }

    [Test]
    public async Task Calls_MoreThanABatch_AreAllWritten()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 1000; i++)
        {
            app.Journal.Record(Call() with { At = Start.AddMilliseconds(i), OrderId = i.ToString(CultureInfo.InvariantCulture) });
        }

        await app.WriteCallsAsync();

        Assert.That(
            (await app.Admin.ListAsync("marketplace/calls?limit=200")).Select(call => call.GetProperty("orderId").GetString()),
            Is.EqualTo(Enumerable.Range(0, 1000).Reverse().Select(i => i.ToString(CultureInfo.InvariantCulture))));
    }

    [Test]
    public async Task Calls_OlderThanTheyAreKept_AreDeleted_OnceTheClockIsInNoDoubt()
    {
        await using var app = await StartAsync("Marketplace:KeepCalls=01:00:00");
        var retention = app.Services.GetRequiredService<CallRetention>();
        for (var i = 0; i < 300; i++)
        {
            app.Journal.Record(Call() with { At = Start.AddMilliseconds(i), OrderId = "old" });
        }

        app.Journal.Record(Call() with { At = Start.AddMinutes(30), OrderId = "new" });
        await app.WriteCallsAsync();
        app.Time.Advance(TimeSpan.FromMinutes(5));
        await retention.DeleteOldAsync(CancellationToken.None);
        Assert.That(app.Query("SELECT id FROM marketplace_calls"), Has.Count.EqualTo(301), "nothing is old yet");

        app.Time.Advance(TimeSpan.FromMinutes(57));
        await retention.DeleteOldAsync(CancellationToken.None);

        Assert.That(app.Query("SELECT order_id FROM marketplace_calls"), Is.EqualTo(new object[] { "new" }));
    }

    // As on two nodes: the later use stays, in whatever order they are written.
    [Test]
    public async Task KeyUses_AreKeptToTheMinute_AndSurviveARestart()
    {
        await using var app = await StartAsync();
        app.Journal.Record(Call() with { At = Start.AddSeconds(70), AccessKeyId = "0badcafe" });
        app.Journal.Record(Call() with { At = Start.AddSeconds(10), AccessKeyId = "0badcafe" });
        app.Journal.Record(Call() with { At = Start.AddSeconds(30), AccessKeyId = "0badcafe", Account = "second" });
        await app.WriteCallsAsync();
        app.Journal.Record(Call() with { At = Start.AddSeconds(119), AccessKeyId = "0badcafe" });
        await app.WriteCallsAsync();
        await app.RestartAsync();
        app.Journal.Record(Call() with { At = Start.AddSeconds(20), AccessKeyId = "0badcafe" });
        await app.WriteCallsAsync();

        Assert.That(await app.Services.GetRequiredService<ICallStore>().ListKeyUsesAsync(default), Is.EqualTo(
            [new AccessKeyUse("default", "0badcafe", Start.AddMinutes(1)), new AccessKeyUse("second", "0badcafe", Start)]));
    }

    [Test]
    public async Task OpenApiUses_KeepTheLastSuccess_AndTheErrorOfTheNewestCall()
    {
        await using var app = await StartAsync();
        async Task<OpenApiUse> AfterAsync(int seconds, string? error)
        {
            app.Journal.Record(Call() with { Direction = CallDirection.Out, At = Start.AddSeconds(seconds), Error = error });
            await app.WriteCallsAsync();
            return (await app.Services.GetRequiredService<ICallStore>().ListOpenApiUsesAsync(default)).Single();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await AfterAsync(5, "HTTP 403"), Is.EqualTo(new OpenApiUse("default", "getLicense", null, Start.AddSeconds(5), "HTTP 403")));
            Assert.That(await AfterAsync(70, null), Is.EqualTo(new OpenApiUse("default", "getLicense", Start.AddMinutes(1), Start.AddSeconds(70), null)));
            Assert.That(await AfterAsync(60, "an older one"), Is.EqualTo(new OpenApiUse("default", "getLicense", Start.AddMinutes(1), Start.AddSeconds(70), null)));
            Assert.That(await AfterAsync(75, "no answer"), Is.EqualTo(new OpenApiUse("default", "getLicense", Start.AddMinutes(1), Start.AddSeconds(75), "no answer")));
        }

        await app.RestartAsync();
        Assert.That(await AfterAsync(74, null), Is.EqualTo(new OpenApiUse("default", "getLicense", Start.AddMinutes(1), Start.AddSeconds(75), "no answer")));
        Assert.That(await AfterAsync(200, null), Is.EqualTo(new OpenApiUse("default", "getLicense", Start.AddMinutes(3), Start.AddSeconds(200), null)));
    }

    // Three days ahead, and set back: for three days nobody saw that a key was used and why calls failed.
    [Test]
    public async Task Uses_ClockWasAheadAndIsSetBack_AreThoseOfNow()
    {
        await using var app = await StartAsync();
        app.Journal.Record(Call() with { At = Start.AddDays(3), AccessKeyId = "0badcafe" });
        app.Journal.Record(Call() with { At = Start.AddDays(3), Direction = CallDirection.Out });
        await app.WriteCallsAsync();

        app.Journal.Record(Call() with { At = Start.AddMinutes(5), AccessKeyId = "0badcafe" });
        app.Journal.Record(Call() with { At = Start.AddMinutes(5), Direction = CallDirection.Out, Error = "HTTP 403" });
        await app.WriteCallsAsync();

        var store = app.Services.GetRequiredService<ICallStore>();
        Assert.That(await store.ListKeyUsesAsync(default), Is.EqualTo([new AccessKeyUse("default", "0badcafe", Start.AddMinutes(5))]));
        Assert.That(await store.ListOpenApiUsesAsync(default), Is.EqualTo([new OpenApiUse("default", "getLicense", null, Start.AddMinutes(5), "HTTP 403")]));
    }

    // Each node wrote only what was news to itself: the error of one that had failed before another succeeded never came back.
    [Test]
    public async Task OpenApiUses_AnotherNodeSucceededMeanwhile_TheErrorOfTheNewestCallIsShown()
    {
        await using var app = await StartAsync();
        var store = app.Services.GetRequiredService<ICallStore>();
        async Task<string?> AfterAsync(int seconds, string? error)
        {
            app.Journal.Record(Call() with { Direction = CallDirection.Out, At = Start.AddSeconds(seconds), Error = error });
            await app.WriteCallsAsync();
            return (await store.ListOpenApiUsesAsync(default)).Single().LastError;
        }

        Task OtherNodeAsync(int seconds, string? error)
        {
            var success = error is null ? Start.AddMinutes(seconds / 60) : (DateTimeOffset?)null;
            return store.AddAsync([], [], [new OpenApiUse("default", "getLicense", success, Start.AddSeconds(seconds), error)], default);
        }

        Assert.That(await AfterAsync(1, "HTTP 500"), Is.EqualTo("HTTP 500"));
        await OtherNodeAsync(2, null);
        Assert.That(await AfterAsync(3, "HTTP 500"), Is.EqualTo("HTTP 500"), "as before, and newer than the success");

        Assert.That(await AfterAsync(4, null), Is.Null);
        await OtherNodeAsync(5, "no answer");
        Assert.That(await AfterAsync(6, null), Is.Null, "a success in the same minute as the one before");
    }

    [Test]
    public async Task Store_IsAway_CallsWaitAndNoneIsLost()
    {
        var store = new Stubborn();
        await using var app = await StartAsync(store);
        store.Refuses = _ => new StoreBusyException("on purpose");
        app.Journal.Record(Call() with { OrderId = "A0" });
        Assert.That(() => app.WriteCallsAsync(), Throws.InstanceOf<StoreBusyException>());
        app.Journal.Record(Call() with { OrderId = "A1" });
        Assert.That(() => app.WriteCallsAsync(), Throws.InstanceOf<StoreBusyException>());
        var tried = store.Tried.ConvertAll(call => call.Id);
        store.Refuses = _ => null;

        await app.WriteCallsAsync();

        Assert.That(store.Stored.ConvertAll(call => call.OrderId), Is.EqualTo(["A0", "A1"]));
        Assert.That(store.Stored[0].Id, Is.EqualTo(tried[0]).And.EqualTo(tried[1]), "the same id at every attempt: the first one may have been stored all the same");
    }

    [Test]
    public async Task Call_ThatCannotBeStored_IsDroppedAndCounted_AndTheOthersAreStored()
    {
        var store = new Stubborn { Refuses = static calls => calls.Any(call => call.OrderId == "A1") ? new InvalidOperationException("on purpose") : null };
        await using var app = await StartAsync(store);
        using var measurements = new Measurements(app.Services.GetRequiredService<IMeterFactory>());
        for (var i = 0; i < 3; i++)
        {
            app.Journal.Record(Call() with { OrderId = $"A{i}" });
        }

        await app.WriteCallsAsync();

        Assert.That(store.Stored.ConvertAll(call => call.OrderId), Is.EqualTo(["A0", "A2"]));
        Assert.That(measurements.CountsOf("license_authority.journal.dropped"), Is.EqualTo(["failed: 1"]));
        Assert.That(app.Logs.Lines, Has.Some.Property("Message").Contains("could not be stored in the journal"));
    }

    [Test]
    public async Task Calls_MoreThanWait_AreDroppedAndCounted_AndMemoryIsBounded()
    {
        var store = new Stubborn { Refuses = static _ => new StoreBusyException("on purpose") };
        await using var app = await StartAsync(store);
        var journal = app.Journal;
        var metrics = app.Services.GetRequiredService<CallJournalMetrics>();
        for (var i = 0; i < CallJournal.MostCalls + 5; i++)
        {
            journal.Record(Call());
        }

        Assert.That(metrics.DroppedInAll, Is.EqualTo(5));
        Assert.That(app.Logs.Lines.Count(line => line.Message.Contains("drops calls", StringComparison.Ordinal)), Is.EqualTo(1), "told once a minute");
        store.Refuses = static _ => null;
        await app.WriteCallsAsync();
        Assert.That(journal.Waiting, Is.Zero);

        store.Refuses = static _ => new StoreBusyException("on purpose");
        var large = CallContent.FromJson(new byte[1024 * 1024]);
        for (var i = 0; i < 40; i++)
        {
            journal.Record(Call() with { Request = large });
        }

        Assert.That(journal.Waiting, Is.EqualTo(CallJournal.MostBytes / large.Size));
        Assert.That(metrics.DroppedInAll, Is.EqualTo(5 + 40 - journal.Waiting));
        store.Refuses = static _ => null;
        await app.WriteCallsAsync();
        journal.Record(Call() with { Request = large });
        Assert.That(journal.Waiting, Is.EqualTo(1), "what was written gives its room back");
    }

    [Test]
    public async Task Service_StopsWhileTheStoreIsAway_CountsWhatIsLost()
    {
        var store = new Stubborn { Refuses = static _ => new StoreBusyException("on purpose") };
        await using var app = await StartAsync(store);
        var metrics = app.Services.GetRequiredService<CallJournalMetrics>();
        app.Journal.Record(Call());
        app.Journal.Record(Call());

        await app.StopAsync();

        Assert.That(metrics.DroppedInAll, Is.EqualTo(2));
        Assert.That(app.Logs.Lines, Has.Some.Property("Message").StartsWith("2 calls are missing in the journal"));
    }

    [Test]
    public async Task Resend_OfAnUpload_HasItsMessageSentAgain()
    {
        await using var app = await StartAsync("Outbox:Enabled=false");
        app.Change(
            $"""
            INSERT INTO outbox (message_id, destination_kind, destination_id, type, payload, created_at, next_attempt_at, give_up_at, attempts, failures, delivered_at)
            VALUES ('msg_1', '{LicenseUploads.DestinationKind}', 'default', 'upload', '[]', 1, 1, 1, 3, 2, 1)
            """);
        var call = Call() with { Direction = CallDirection.Out, Activity = "uploadLicense" };
        app.Journal.Record(call with { MessageId = "msg_1" });
        app.Journal.Record(call with { At = Start.AddSeconds(1), MessageId = "msg_2" });
        app.Journal.Record(call with { At = Start.AddSeconds(2), MessageId = "msg_1", Account = "second" });
        app.Journal.Record(Call() with { At = Start.AddSeconds(3) });
        await app.WriteCallsAsync();
        var ids = await app.Admin.ListIdsAsync("marketplace/calls");

        async Task<string> ResentAsync(string id)
        {
            var reply = await app.Admin.PostAsync($"marketplace/calls/{id}/resend");
            return $"{(int)reply.Status} {(reply.Status == HttpStatusCode.Accepted ? reply.Json.GetProperty("activity").GetString() : reply.Code)}";
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ResentAsync(ids[0]), Is.EqualTo("409 not-resendable"), "a call in");
            Assert.That(await ResentAsync(ids[1]), Is.EqualTo("409 not-resendable"), "of another account");
            Assert.That(await ResentAsync(ids[2]), Is.EqualTo("409 not-resendable"), "deleted since");
            Assert.That(await ResentAsync("call_01JD5V5ZQ8W3M9X7K2T4R6Y8AB"), Is.EqualTo("404 call-not-found"));
            Assert.That(app.Query("SELECT delivered_at FROM outbox"), Has.None.EqualTo(DBNull.Value), "none of them sent it");
            Assert.That(await ResentAsync(ids[3]), Is.EqualTo("202 uploadLicense"));
            Assert.That(app.Query("SELECT delivered_at FROM outbox"), Is.EqualTo(new object[] { DBNull.Value }));
            Assert.That(app.Query("SELECT failures FROM outbox"), Is.EqualTo(new object[] { 0L }));
        }
    }

    [TestCase("00:59:59")]
    [TestCase("365.00:00:01")]
    public void KeepCalls_OutOfRange_StopsTheStart(string text) => Assert.That(
        () => StartAsync("Marketplace:KeepCalls=" + text), Throws.Exception.With.Message.Contains("Marketplace:KeepCalls must be from 01:00:00 to 365.00:00:00"));

    private static Task<LicenseAuthorityApplication> StartAsync(params string[] settings) => LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. settings]);

    private static Task<LicenseAuthorityApplication> StartAsync(ICallStore store) => LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false"], builder => builder.Services.Replace(ServiceDescriptor.Singleton(store)));

    private static EndedCall Call() => new()
    {
        At = Start,
        Direction = CallDirection.In,
        Account = "default",
        Activity = "getLicense",
        OrderId = "CS1",
        InstanceId = "lic_1",
        ResultCode = "000000",
        ResultMsg = "success.",
        HttpStatus = (int)HttpStatusCode.OK,
        Duration = TimeSpan.FromMilliseconds(7.9),
    };

    // A store that takes what it is told to take.
    private sealed class Stubborn : ICallStore
    {
        public List<CallRecord> Tried { get; } = [];

        public List<CallRecord> Stored { get; } = [];

        public Func<IReadOnlyList<CallRecord>, Exception?> Refuses { get; set; } = static _ => null;

        public Task AddAsync(
            IReadOnlyList<CallRecord> calls, IReadOnlyList<AccessKeyUse> keys, IReadOnlyList<OpenApiUse> openApi, CancellationToken cancellationToken)
        {
            Tried.AddRange(calls);
            if (Refuses(calls) is { } exception)
            {
                return Task.FromException(exception);
            }

            Stored.AddRange(calls);
            return Task.CompletedTask;
        }

        public ValueTask<IReadOnlyList<CallRecord>> ListAsync(CallFilter filter, string? beforeId, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<CallRecord?> FindAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<int> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken) => Task.FromResult(0);

        public ValueTask<IReadOnlyList<AccessKeyUse>> ListKeyUsesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<OpenApiUse>> ListOpenApiUsesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
