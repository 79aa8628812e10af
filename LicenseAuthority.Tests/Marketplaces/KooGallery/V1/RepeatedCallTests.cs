using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>The same call again, in the same request or in a fresh one: the same answer, and no second effect.</summary>
[OnEveryDatabase]
internal sealed class RepeatedCallTests
{
    private LicenseAuthorityApplication _app = null!;

    // As a real clock does it: no column holds its ticks.
    [OneTimeSetUp]
    public async Task Start()
    {
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        _app.Time.Advance(LicenseAuthorityApplication.OddTicks);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Expire_SameSignedRequestAfterARenewal_HasNoEffectAgain()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var query = _app.Marketplace.SignedQuery(InstanceCall.Expire(license.Id, license.OrderId).Parameters);
        Assert.That((await _app.Marketplace.SendRawAsync(query)).ResultCode, Is.EqualTo("000000"));
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(11));
        _app.Time.Advance(TimeSpan.FromDays(10));
        var rows = _app.CountRows();

        var again = await _app.Marketplace.SendRawAsync(query);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.ResultCode, Is.EqualTo("000000"));
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
        }
    }

    [Test]
    public async Task Release_SameSignedRequest_HasNoEffectAgain()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var query = _app.Marketplace.SignedQuery(InstanceCall.Release(license.Id, license.OrderId).Parameters);
        var first = await _app.Marketplace.SendRawAsync(query);
        var rows = _app.CountRows();

        var again = await _app.Marketplace.SendRawAsync(query);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.Body, Is.EqualTo(first.Body));
            Assert.That(_app.CountRows(), Is.EqualTo(rows), "not even noted");
        }
    }

    [Test]
    public async Task Refresh_SameRenewalKeyWithAFreshToken_SameAnswerAndNoNewCode()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var expiresAt = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        var first = await license.RefreshAsync(expiresAt, "CS-KEY-1");
        var code = await license.CodeAsync();
        await license.RefreshAsync(expiresAt + TimeSpan.FromDays(100), "CS-KEY-2");
        var newest = await license.CodeAsync();
        var rows = _app.CountRows();

        var again = await license.RefreshAsync(expiresAt, "CS-KEY-1");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.Body, Is.EqualTo(first.Body));
            Assert.That(newest, Is.Not.EqualTo(code));
            Assert.That(await license.CodeAsync(), Is.EqualTo(newest), "an old renewal that comes again is neither applied nor a refund");
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
        }
    }

    [Test]
    public async Task Refresh_Conflict_IsStoredOnceWithItsReasonHoweverOftenItComes()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var shorter = LicenseTime.CutToSecond(_app.Time.GetUtcNow() + TimeSpan.FromDays(3));

        var first = await license.RefreshAsync(shorter, "CS-SHORT");
        var rows = _app.CountRows();
        var again = await license.RefreshAsync(shorter, "CS-SHORT");

        var conflict = (await license.ConflictsAsync()).Single();
        string[] expected = ["license.issued marketplace", "call.conflict marketplace"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.ResultCode, Is.EqualTo("000000"), "answered with success, not applied");
            Assert.That(again.Body, Is.EqualTo(first.Body));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
            Assert.That(conflict.GetProperty("kind").GetString(), Is.EqualTo("conflict"));
            Assert.That(conflict.GetProperty("status").GetString(), Is.EqualTo("open"));
            Assert.That(conflict.GetProperty("reason").GetString(), Does.Contain("a renewal never shortens"));
            Assert.That(conflict.GetProperty("proposal").GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(shorter));
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected));
            Assert.That(_app.Logs.Lines.Count(line => line.Level == LogLevel.Warning && line.Message.Contains("CS-SHORT", StringComparison.Ordinal)), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Refresh_Unserved_SameAnswerAndOneAlarmHoweverOftenItComes()
    {
        var license = await Given.LicenseAsync(_app, GivenState.Revoked);
        var expiresAt = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        var query = _app.Marketplace.SignedQuery(InstanceCall.Refresh(license.Id, "CS-UNSERVED", expiresAt).Parameters);
        var first = await _app.Marketplace.SendRawAsync(query);
        var rows = _app.CountRows();

        var sameRequest = await _app.Marketplace.SendRawAsync(query);
        var sameKey = await license.RefreshAsync(expiresAt, "CS-UNSERVED");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.ResultCode, Is.EqualTo("000003"));
            Assert.That(sameRequest.Body, Is.EqualTo(first.Body));
            Assert.That(sameKey.Body, Is.EqualTo(first.Body));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
            Assert.That(_app.Logs.Lines.Count(line => line.Level == LogLevel.Error && line.Message.Contains("CS-UNSERVED", StringComparison.Ordinal)), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task GetLicense_KnownOrderWithOtherContent_StoredAnswerAndOneConflict()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var other = license.Purchase.With("amount", "7");

        var first = await _app.Marketplace.SendAsync(other.With("timeStamp", InstanceCall.NewTimeStamp()));
        var rows = _app.CountRows();
        var again = await _app.Marketplace.SendAsync(other.With("timeStamp", InstanceCall.NewTimeStamp()));

        var conflict = (await license.ConflictsAsync()).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.License, Is.EqualTo(license.FirstCode));
            Assert.That(again.Body, Is.EqualTo(first.Body));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
            Assert.That(conflict.GetProperty("proposal").GetProperty("quantity").GetInt32(), Is.EqualTo(7));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Refresh_FortyIdenticalAtOnce_OneEffect(bool freshTokens)
    {
        var license = await SoldLicense.BuyAsync(_app);
        var expiresAt = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        var order = SoldLicense.NewOrderId();
        var same = InstanceCall.Refresh(license.Id, order, expiresAt);
        var queries = Enumerable.Range(0, 40)
            .Select(_ => _app.Marketplace.SignedQuery((freshTokens ? InstanceCall.Refresh(license.Id, order, expiresAt) : same).Parameters))
            .ToList();

        var replies = await Task.WhenAll(queries.ConvertAll(query => _app.Marketplace.SendRawAsync(query)));

        var shown = await license.ShowAsync();
        string[] expected = ["license.issued marketplace", "license.renewed marketplace"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(replies.Select(reply => reply.ResultCode), Is.All.EqualTo("000000"));
            Assert.That(shown.GetProperty("generation").GetInt32(), Is.EqualTo(2));
            Assert.That(shown.GetProperty("orders").GetArrayLength(), Is.EqualTo(2));
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected));
            Assert.That(_app.Query($"SELECT version FROM licenses WHERE id = '{license.Id}'").Single(), Is.EqualTo(2L));
        }
    }

    [Test]
    public async Task Calls_RenewExpireAndReleaseAtOnce_EventsTellOneConsistentOrder()
    {
        for (var round = 0; round < 12; round++)
        {
            var license = await SoldLicense.BuyAsync(_app);
            var calls = new List<Func<Task<MarketplaceReply>>>
            {
                () => license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(11)),
                license.ExpireAsync,
                license.ReleaseAsync,
            };

            var replies = await Task.WhenAll(calls.Skip(round % 3).Concat(calls.Take(round % 3)).Select(call => Task.Run(call)));

            var events = await license.EventsAsync();
            var served = events.Exists(one => one.GetProperty("type").GetString() == "license.renewed");
            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Count(reply => reply.ResultCode == "000000"), Is.EqualTo(served ? 3 : 2));
                Assert.That(replies.Count(reply => reply.ResultCode == "000003"), Is.EqualTo(served ? 0 : 1), "renewed after the release: unserved");
                Assert.That(events, Has.Count.EqualTo(4), "each call left exactly one event");
                Assert.That(await license.StateAsync(), Is.EqualTo("Released"));
                Assert.That(_app.Query($"SELECT version FROM licenses WHERE id = '{license.Id}'").Single(), Is.EqualTo(4L), "no change was lost");
                Assert.That(_app.Query($"SELECT generation FROM codes WHERE license_id = '{license.Id}'"), Has.Count.EqualTo(served ? 2 : 1));
            }

            EventChain.AssertConsistent(events, await license.ShowAsync());
        }
    }
}
