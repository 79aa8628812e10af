using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>
/// The marketplace replays its saved debug cases every morning and afternoon; five days of failures hide a product. So on a test license every
/// call succeeds for ever, and nothing real is touched.
/// </summary>
[OnEveryDatabase]
internal sealed class DebugCaseTests
{
    [TestCase(false, Description = "the very same requests, byte for byte")]
    [TestCase(true, Description = "fresh time stamps, tokens, order ids and dates")]
    [InCi("sixty rounds of all cases are played")]
    public async Task DebugCases_TwiceADayFor30Days_AllSucceedOnOneInstanceAndNothingRealIsTouched(bool fresh)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var real = await SoldLicense.BuyAsync(app, call => call.With("expireTime", "20280101000000"));
        var realBefore = (await real.ShowAsync()).GetRawText();
        var license = await SoldLicense.BuyAsync(app, call => call.With("testFlag", "1"));
        var saved = Cases(app, license, fresh);
        var results = new List<string>();
        var instances = new HashSet<string>();
        var rounds = new List<long>();

        for (var replay = 0; replay < 60; replay++)
        {
            foreach (var query in fresh ? Cases(app, license, fresh) : saved)
            {
                var reply = await app.Marketplace.SendRawAsync(query);
                results.Add(reply.ResultCode);
                if (reply.InstanceId is not null)
                {
                    instances.Add(reply.InstanceId);
                    var check = app.Check(reply.License, acceptTests: true);
                    Assert.That(check.License!.IsTest, Is.True, "the code says so");
                    Assert.That(app.Check(reply.License).IsValid, Is.False);
                }
            }

            rounds.Add((long)app.Query("SELECT round FROM licenses WHERE CAST(test AS INTEGER) = 1").Single());
            app.Time.Advance(TimeSpan.FromHours(12));
            if (replay % 7 == 0)
            {
                await Given.SettleDueAsync(app);
            }
        }

        var events = await license.EventsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(results, Is.All.EqualTo("000000"));
            Assert.That(instances, Is.EquivalentTo(new[] { license.Id }), "one instance id for ever");
            Assert.That(rounds, Is.Ordered.And.Unique, "each replay begins a new round");
            Assert.That(await app.Admin.ListIdsAsync("licenses"), Is.EqualTo(new[] { real.Id }), "lists show real licenses");
            Assert.That(await app.Admin.ListIdsAsync("licenses?test=true"), Is.EqualTo(new[] { license.Id }));
            Assert.That(app.Query("SELECT COUNT(*) FROM conflicts").Single(), Is.Zero, "no conflict and no unserved order");
            Assert.That((await real.ShowAsync()).GetRawText(), Is.EqualTo(realBefore));
            Assert.That(app.Logs.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Message), Is.Empty);
            Assert.That(events.ConvertAll(one => one.GetProperty("at").GetDateTimeOffset()), Is.Ordered);
        }

        EventChain.AssertConsistent(events, await license.ShowAsync());
    }

    // Each morning an operator had the same to decide again.
    [Test]
    public async Task DebugCases_NewRoundWithFewerPlacesThanDevices_FreesThem_NoConflictAndNoMessage()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        using var webhook = new StringContent("{\"url\":\"https://hooks.invalid/licenses\",\"events\":[\"call.conflict\"]}", Encoding.UTF8, "application/json");
        Assert.That((await app.Admin.PostAsync("webhooks", webhook)).Code, Is.Null);
        var license = await SoldLicense.BuyAsync(app, call => call.With("testFlag", "1").With("amount", "2"));
        await new Device(app, "a").PlacedAsync(license.FirstCode);
        await new Device(app, "b").PlacedAsync(license.FirstCode);
        await license.ReleaseAsync();

        var reply = await app.Marketplace.SendAsync(
            license.Purchase.With("amount", "1").With("businessId", Guid.NewGuid().ToString()).With("timeStamp", InstanceCall.NewTimeStamp()));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That((await license.EventWordsAsync())[^1], Is.EqualTo("license.issued marketplace"), "nobody keeps a place that is too many");
            Assert.That(app.Query("SELECT DISTINCT freed_by FROM activations"), Is.EqualTo(["round"]));
            Assert.That(app.Query("SELECT COUNT(*) FROM conflicts").Single(), Is.Zero);
            Assert.That(app.Query("SELECT COUNT(*) FROM outbox").Single(), Is.Zero);
            Assert.That(app.Logs.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Message), Is.Empty);
        }
    }

    [Test]
    public async Task DebugCases_EveryCallInEveryState_000000()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app, call => call.With("testFlag", "1"));
        var ends = new Func<Task>[]
        {
            () => Task.CompletedTask,
            license.ExpireAsync,
            license.ReleaseAsync,
            () => license.CommandAsync("revoke"),
            () => license.CommandAsync("release"),
            () => license.CommandAsync("freeze"),
            () =>
            {
                app.Time.Advance(SoldLicense.Term + SoldLicense.Grace);
                return Task.CompletedTask;
            },
        };
        var results = new List<string>();
        foreach (var end in ends)
        {
            // One call each after every end, so that each of them meets the state itself.
            var calls = new Func<Task<MarketplaceReply>>[]
            {
                () => license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(20)),
                () => license.RefreshAsync(app.Time.GetUtcNow() - TimeSpan.FromDays(40)),
                license.ExpireAsync,
                license.ReleaseAsync,
                license.BuyAgainAsync,
            };
            foreach (var call in calls)
            {
                await license.BuyAgainAsync();
                await end();
                results.Add((await call()).ResultCode);
                await license.CommandAsync("revoke");
            }
        }

        Assert.That(results, Is.EqualTo(Enumerable.Repeat("000000", ends.Length * 5)));
        Assert.That(app.Query("SELECT COUNT(*) FROM conflicts").Single(), Is.Zero);
    }

    [Test]
    public async Task Create_FinishedTestLicense_NewRoundIsUsableAndOldCodesBelongToTheSameLicense()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app, call => call.With("testFlag", "1"));
        await license.ReleaseAsync();

        var again = await license.BuyAgainAsync();

        var check = app.Check(again.License, acceptTests: true);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(check.License!.Generation, Is.EqualTo(2));
            Assert.That(again.InstanceId, Is.EqualTo(license.Id));
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
            Assert.That((await SoldLicense.FetchCodeAsync(app, license.FirstCode)).Json.GetProperty("code").GetString(), Is.EqualTo(again.License));
        }
    }

    // Create, create again, refresh, the refund of that, expire, release; then what may come out of turn.
    private static List<string> Cases(LicenseAuthorityApplication app, SoldLicense license, bool fresh)
    {
        var now = app.Time.GetUtcNow();
        var renewal = fresh ? SoldLicense.NewOrderId() : "CS-DEBUG-RENEWAL";
        var create = fresh
            ? license.Purchase.With("businessId", Guid.NewGuid().ToString()).With("timeStamp", InstanceCall.NewTimeStamp())
                .With("expireTime", InstanceCall.Text(now + SoldLicense.Term))
            : license.Purchase;
        var calls = new[]
        {
            create.Parameters,
            create.Parameters,
            InstanceCall.Refresh(license.Id, renewal, now + TimeSpan.FromDays(20)).With("testFlag", "1").Parameters,
            InstanceCall.Refresh(license.Id, renewal + "-R", now + SoldLicense.Term).With("testFlag", "1").Parameters,
            InstanceCall.Expire(license.Id, license.OrderId).With("testFlag", "1").Parameters,
            InstanceCall.Release(license.Id, license.OrderId).With("testFlag", "1").Parameters,
            InstanceCall.Refresh(license.Id, renewal, now + TimeSpan.FromDays(30)).With("testFlag", "1").Parameters,
            InstanceCall.Expire(license.Id, license.OrderId).With("testFlag", "1").Parameters,
        };
        return [.. calls.Select(call => app.Marketplace.SignedQuery(call))];
    }
}
