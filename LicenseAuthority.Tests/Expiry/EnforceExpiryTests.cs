using LicenseAuthority.Licensing;
using LicenseAuthority.Stores;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LicenseAuthority.Tests.Expiry;

/// <summary>Whether the scheduler runs, is late or is off: every answer is the same; the sweep only records.</summary>
[OnEveryDatabase]
internal sealed class EnforceExpiryTests
{
    private static readonly LicenseState[] States = Enum.GetValues<LicenseState>();

    [TestCase(6_000)]
    [TestCase(1_000_000, Explicit = true, Category = "long", Reason = "Takes minutes: a million licenses, listed page by page three times.")]
    public async Task Sweep_ManyDue_EveryStateFilterIsExactBeforeDuringAndAfter(int count)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await AddLicensesAsync(app, count);
        app.Time.Advance(TimeSpan.FromDays(26));
        var now = app.Time.GetUtcNow();
        var licenses = await app.ReadLicensesAsync();
        var expected = IdsByState(licenses, now);
        var due = licenses.Count(license => license.NextDueAt <= now);
        var eventsDue = licenses.Sum(license => LicenseLifecycle.Settle(license, now).Events.Count);
        var eventsBefore = CountEvents(app);
        Assert.That(expected.Values.Select(ids => ids.Count), Is.All.GreaterThan(count / 20), "the mix has all states");
        Assert.That(due, Is.GreaterThan(count / 5));

        await AssertListsAsync(app, expected);

        // Cancelled in the middle.
        using var cancelling = new CancellationTokenSource();
        var interrupted = new ExpiryEnforcer(
            new CancelAfter(app.Services.GetRequiredService<IDueLicenses>(), due / 2, cancelling), app.Time, NullLogger<ExpiryEnforcer>.Instance);
        Assert.That(async () => await interrupted.SettleDueAsync(cancelling.Token), Throws.InstanceOf<OperationCanceledException>());
        var left = (await app.ReadLicensesAsync()).Count(license => license.NextDueAt <= now);
        Assert.That(left, Is.InRange(1, due - (due / 2)));

        // Going on, while somebody lists.
        var sweep = Task.Run(() => Given.SettleDueAsync(app));
        await AssertListsAsync(app, expected);
        Assert.That(await sweep, Is.EqualTo(left), "it goes on where it was stopped");

        await AssertListsAsync(app, expected);
        var settled = await app.ReadLicensesAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settled.Where(license => license.RecordedState != license.StateAt(now)), Is.Empty);
            Assert.That(CountEvents(app) - eventsBefore, Is.EqualTo(eventsDue), "each event once");
            Assert.That(await Given.SettleDueAsync(app), Is.Zero, "a second sweep does nothing");
            Assert.That(CountEvents(app) - eventsBefore, Is.EqualTo(eventsDue));
        }
    }

    [Test]
    public async Task Sweep_RowsChangedByHandWithNothingToSettle_OthersAreSettledAndTheLogNamesThem()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var healthy = await SoldLicense.BuyAsync(app);
        await AddLicensesAsync(app, 3_000);
        app.Time.Advance(TimeSpan.FromDays(26));
        var now = app.Time.GetUtcNow();

        // More of them than a batch takes, and all before the others.
        app.Change("UPDATE licenses SET next_due_at = 1 WHERE id IN (SELECT id FROM licenses WHERE next_due_at = 9223372036854775807 LIMIT 600)");
        var due = (await app.ReadLicensesAsync()).Count(license => license.NextDueAt <= now);

        var settled = await Given.SettleDueAsync(app);

        string[] expected = ["license.issued marketplace", "license.frozen clock", "license.released clock"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(settled, Is.EqualTo(due));
            Assert.That(await healthy.EventWordsAsync(), Is.EqualTo(expected));
            Assert.That(app.Logs.Lines.Count(line => line.Level == LogLevel.Error && line.Message.Contains("changed by hand", StringComparison.Ordinal)), Is.EqualTo(600));
        }
    }

    [Test]
    public async Task Sweep_WhileCallsArrive_NoEventTwiceAndEveryHistoryIsConsistent()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var licenses = new List<SoldLicense>();
        for (var i = 0; i < 30; i++)
        {
            licenses.Add(await SoldLicense.BuyAsync(app));
        }

        await AddLicensesAsync(app, 2_000);
        app.Time.Advance(SoldLicense.Term + TimeSpan.FromHours(1));
        var renewedTo = app.Time.GetUtcNow() + TimeSpan.FromDays(100);

        var sweep = Task.Run(() => Given.SettleDueAsync(app));
        var replies = await Task.WhenAll(licenses.ConvertAll(license => Task.Run(() => license.RefreshAsync(renewedTo))));
        await sweep;

        Assert.That(replies.Select(reply => reply.ResultCode), Is.All.EqualTo("000000"));
        string[] expected = ["license.issued marketplace", "license.frozen clock", "license.renewed marketplace"];
        foreach (var license in licenses)
        {
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected));
            EventChain.AssertConsistent(await license.EventsAsync(), await license.ShowAsync());
        }
    }

    [Test]
    public async Task Answers_SweptOrNot_AreTheSame()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var swept = await SoldLicense.BuyAsync(app);
        var never = await SoldLicense.BuyAsync(app);
        foreach (var step in new[] { SoldLicense.Term, SoldLicense.Grace })
        {
            app.Time.Advance(step);

            // The service itself knows no way to sweep only one; so the other one's row is put back.
            var row = app.Query($"SELECT state || ' ' || next_due_at || ' ' || version || ' ' || last_event_at FROM licenses WHERE id = '{never.Id}'").Single();
            await Given.SettleDueAsync(app);
            var parts = ((string)row).Split(' ');
            app.Change($"UPDATE licenses SET state = '{parts[0]}', next_due_at = {parts[1]}, version = {parts[2]}, last_event_at = {parts[3]}, released_at = NULL, released_by = NULL WHERE id = '{never.Id}'");
            app.Change($"DELETE FROM events WHERE license_id = '{never.Id}' AND actor = 'clock'");

            var a = await swept.ShowAsync();
            var b = await never.ShowAsync();
            foreach (var name in new[] { "state", "expiresAt", "graceEndsAt", "releasedAt" })
            {
                Assert.That(b.GetProperty(name).GetRawText(), Is.EqualTo(a.GetProperty(name).GetRawText()), name);
            }
        }

        await swept.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        await never.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100));

        var events = (await swept.EventsAsync()).ConvertAll(Comparable);
        Assert.That((await never.EventsAsync()).ConvertAll(Comparable), Is.EqualTo(events), "the same events at the same times, recorded late");

        static string Comparable(System.Text.Json.JsonElement happened) =>
            $"{happened.GetProperty("type")} {happened.GetProperty("actor")} {happened.GetProperty("at")} {happened.GetProperty("before")} {happened.GetProperty("after")}";
    }

    private static async Task AssertListsAsync(LicenseAuthorityApplication app, Dictionary<LicenseState, List<string>> expected)
    {
        foreach (var state in States)
        {
            var listed = await app.Admin.ListAsync(
                $"licenses?state={state.ToWord()}&limit=200",
                item => (Id: item.GetProperty("id").GetString()!, IsShown: item.GetProperty("state").GetString() == state.ToWord()));
            Assert.That(
                listed.Select(item => item.Id).SequenceEqual(expected[state]), Is.True, $"{state}: {listed.Count} listed, {expected[state].Count} expected");
            Assert.That(listed.TrueForAll(item => item.IsShown), Is.True, "and shown as what they are");
        }
    }

    private static Dictionary<LicenseState, List<string>> IdsByState(List<License> licenses, DateTimeOffset now) => States.ToDictionary(
        state => state,
        state => licenses.Where(license => license.StateAt(now) == state).Select(license => license.Id).OrderByDescending(id => id, StringComparer.Ordinal).ToList());

    private static long CountEvents(LicenseAuthorityApplication app) => (long)app.Query("SELECT COUNT(*) FROM events").Single();

    // One of each kind by the service itself, then copies: their dates differ, all in one way, so that each stays what its kind is.
    private static async Task AddLicensesAsync(LicenseAuthorityApplication app, int count)
    {
        var kinds = new List<SoldLicense>();
        for (var i = 0; i < 4; i++)
        {
            kinds.Add(await SoldLicense.BuyAsync(app));
        }

        await kinds[1].ExpireAsync();
        await kinds[2].CommandAsync("freeze");
        await kinds[3].CommandAsync("revoke");
        var perpetual = await SoldLicense.BuyAsync(app, call => call.Without("expireTime"));
        var perpetualExpired = await SoldLicense.BuyAsync(app, call => call.Without("expireTime"));
        await perpetualExpired.ExpireAsync();
        var perpetualHeld = await SoldLicense.BuyAsync(app, call => call.Without("expireTime"));
        await perpetualHeld.CommandAsync("freeze");
        var released = await SoldLicense.BuyAsync(app);
        await released.ReleaseAsync();
        kinds.AddRange([perpetual, perpetualExpired, perpetualHeld, released]);

        const string Shift = "(n.value % 40) * 43200000";
        var columns = LicenseRow.Columns.Replace("l.", "", StringComparison.Ordinal);
        var values = LicenseRow.Columns
            .Replace("l.id", "'lic_0000000000000000' || CAST(1000000000 + n.value AS TEXT)", StringComparison.Ordinal)
            .Replace("l.expires_at", $"l.expires_at + {Shift}", StringComparison.Ordinal)
            .Replace("l.expired_by_marketplace_at", $"l.expired_by_marketplace_at + {Shift}", StringComparison.Ordinal);
        var kindOfCopy = $"CASE n.value % {kinds.Count} {string.Concat(kinds.Select((kind, i) => $"WHEN {i} THEN '{kind.Id}' "))} END";
        app.Change($"""
            CREATE TEMP TABLE n (value INTEGER PRIMARY KEY);
            WITH RECURSIVE r (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM r WHERE value < {count}) INSERT INTO n SELECT value FROM r;
            INSERT INTO licenses ({columns}, next_due_at)
            SELECT {values}, CASE l.next_due_at WHEN 9223372036854775807 THEN l.next_due_at ELSE l.next_due_at + {Shift} END
            FROM n JOIN licenses l ON l.id = {kindOfCopy};
            INSERT INTO codes (license_id, generation, issued_at, status_list, status_index, text, sha256)
            SELECT 'lic_0000000000000000' || CAST(1000000000 + n.value AS TEXT), c.generation, c.issued_at, c.status_list, c.status_index, c.text, c.sha256
            FROM n JOIN codes c ON c.license_id = {kindOfCopy};
            """);
    }

    private sealed class CancelAfter(IDueLicenses inner, int count, CancellationTokenSource cancelling) : IDueLicenses
    {
        private int _settled;

        private int Count => count;

        private CancellationTokenSource Cancelling => cancelling;

        public ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken) =>
            inner.FindDueAsync(now, after, cancellationToken);

        public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) => new Batch(this, inner.Prepare(commits));

        public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) => inner.FindOldestDueAsync(cancellationToken);

        private sealed class Batch(CancelAfter owner, ISettledBatch inner) : ISettledBatch
        {
            public async Task<int?> StoreSomeAsync(CancellationToken cancellationToken)
            {
                var some = await inner.StoreSomeAsync(cancellationToken);
                owner._settled += some ?? 0;
                if (owner._settled >= owner.Count)
                {
                    await owner.Cancelling.CancelAsync();
                }

                return some;
            }
        }
    }
}
