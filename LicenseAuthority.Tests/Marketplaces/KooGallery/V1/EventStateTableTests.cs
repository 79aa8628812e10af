using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>The table "events x states" of docs/license-lifecycle.md as far as V1 reaches it, cell by cell, with the answer on the wire.</summary>
[OnEveryDatabase]
internal sealed class EventStateTableTests
{
    private const string Nothing = "";

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase(GivenState.Active, "000000", "Active", "license.renewed")]
    [TestCase(GivenState.FrozenByExpireCall, "000000", "Active", "license.renewed", Description = "thaws a freeze by expiry")]
    [TestCase(GivenState.FrozenByClock, "000000", "Active", "license.renewed", Description = "thaws a freeze by expiry")]
    [TestCase(GivenState.FrozenByOperator, "000000", "Frozen", "license.renewed", Description = "holds stay")]
    [TestCase(GivenState.ReleasedByClock, "000000", "Active", "license.renewed", Description = "money wins over a timer")]
    [TestCase(GivenState.ReleasedByClockAndRecorded, "000000", "Active", "license.renewed", Description = "money wins over a timer")]
    [TestCase(GivenState.ReleasedByMarketplace, "000003", "Released", "order.unserved")]
    [TestCase(GivenState.ReleasedByOperator, "000003", "Released", "order.unserved")]
    [TestCase(GivenState.Revoked, "000003", "Revoked", "order.unserved")]
    public async Task Renew_InEachState_AsInTheTable(GivenState given, string resultCode, string state, string happened)
    {
        var license = await Given.LicenseAsync(_app, given);

        await AssertCallAsync(
            license, () => license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100)), resultCode, state, happened,
            newCode: happened == "license.renewed");

        Assert.That(await license.ConflictsAsync(), Has.Count.EqualTo(happened == "order.unserved" ? 1 : 0), "an unserved order waits for an operator");
    }

    [TestCase(GivenState.Active, "Active", "license.renewed")]
    [TestCase(GivenState.FrozenByExpireCall, "Frozen", "license.renewed", Description = "never thaws")]
    [TestCase(GivenState.FrozenByClock, "Frozen", "license.renewed", Description = "never thaws")]
    [TestCase(GivenState.FrozenByOperator, "Frozen", "license.renewed")]
    [TestCase(GivenState.ReleasedByClock, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByClockAndRecorded, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByOperator, "Released", "call.noted")]
    [TestCase(GivenState.Revoked, "Revoked", "call.noted")]
    public async Task RefundOfARenewal_InEachState_AsInTheTable(GivenState given, string state, string happened)
    {
        var boughtAt = _app.Time.GetUtcNow();
        var license = await Given.LicenseAsync(_app, given, renewed: true);

        await AssertCallAsync(
            license, () => license.RefreshAsync(boughtAt + SoldLicense.Term), "000000", state, happened, newCode: happened == "license.renewed");

        Assert.That(await license.ConflictsAsync(), Is.Empty);
    }

    [TestCase(GivenState.Active, "Frozen", "license.frozen")]
    [TestCase(GivenState.FrozenByExpireCall, "Frozen", "call.noted", Description = "the first one counts")]
    [TestCase(GivenState.FrozenByClock, "Frozen", "license.frozen", Description = "the first one counts, whatever the clock said")]
    [TestCase(GivenState.FrozenByOperator, "Frozen", "license.frozen")]
    [TestCase(GivenState.ReleasedByClock, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByClockAndRecorded, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByOperator, "Released", "call.noted")]
    [TestCase(GivenState.Revoked, "Revoked", "call.noted")]
    public async Task Expire_InEachState_AsInTheTable(GivenState given, string state, string happened)
    {
        var license = await Given.LicenseAsync(_app, given);

        await AssertCallAsync(license, license.ExpireAsync, "000000", state, happened);
    }

    [TestCase(GivenState.Active, "Released", "license.released")]
    [TestCase(GivenState.FrozenByExpireCall, "Released", "license.released")]
    [TestCase(GivenState.FrozenByClock, "Released", "license.released")]
    [TestCase(GivenState.FrozenByOperator, "Released", "license.released")]
    [TestCase(GivenState.ReleasedByClock, "Released", "license.released", Description = "becomes released by the marketplace")]
    [TestCase(GivenState.ReleasedByClockAndRecorded, "Released", "license.released", Description = "becomes released by the marketplace")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByOperator, "Released", "call.noted")]
    [TestCase(GivenState.Revoked, "Revoked", "call.noted")]
    public async Task Release_InEachState_AsInTheTable(GivenState given, string state, string happened)
    {
        var license = await Given.LicenseAsync(_app, given);

        await AssertCallAsync(license, license.ReleaseAsync, "000000", state, happened);

        var late = await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        Assert.That(late.ResultCode, Is.EqualTo("000003"), "released by the marketplace it stays over, whoever released it before");
    }

    [TestCase(GivenState.Active)]
    [TestCase(GivenState.FrozenByExpireCall)]
    [TestCase(GivenState.FrozenByClock)]
    [TestCase(GivenState.FrozenByOperator)]
    [TestCase(GivenState.ReleasedByClock)]
    [TestCase(GivenState.ReleasedByClockAndRecorded)]
    [TestCase(GivenState.ReleasedByMarketplace)]
    [TestCase(GivenState.ReleasedByOperator)]
    [TestCase(GivenState.Revoked)]
    public async Task Create_KnownOrderInEachState_SameInstanceAndTheNewestCodeByteForByte(GivenState given)
    {
        var license = await Given.LicenseAsync(_app, given, renewed: true);
        var newest = await license.CodeAsync();
        var rows = _app.CountRows();

        var first = await license.BuyAgainAsync();
        var second = await license.BuyAgainAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.ResultCode, Is.EqualTo("000000"), first.ResultMessage);
            Assert.That(first.InstanceId, Is.EqualTo(license.Id));
            Assert.That(first.License, Is.EqualTo(newest).And.Not.EqualTo(license.FirstCode));
            Assert.That(second.Body, Is.EqualTo(first.Body));
            Assert.That(_app.CountRows(), Is.EqualTo(rows), "nothing happened to it");
        }
    }

    [Test]
    public async Task Expire_AfterTheClockFroze_MovesTheEndOfTheGrace()
    {
        var license = await Given.LicenseAsync(_app, GivenState.FrozenByClock);
        var expiredAt = _app.Time.GetUtcNow();

        await license.ExpireAsync();

        var shown = await license.ShowAsync();
        Assert.That(shown.GetProperty("graceEndsAt").GetDateTimeOffset(), Is.EqualTo(expiredAt + SoldLicense.Grace));
    }

    [Test]
    public async Task Expire_OnPerpetualLicense_FreezesAndTheGraceRunsFromTheCall()
    {
        var license = await SoldLicense.BuyAsync(_app, call => call.Without("expireTime"));
        var expiredAt = _app.Time.GetUtcNow();

        var reply = await license.ExpireAsync();

        var shown = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo("Frozen"));
            Assert.That(shown.GetProperty("graceEndsAt").GetDateTimeOffset(), Is.EqualTo(expiredAt + SoldLicense.Grace));
        }
    }

    [Test]
    public async Task Release_AfterTheClockReleased_KeepsWhenItHappenedAndSaysWhoMadeItFinal()
    {
        var graceEndsAt = _app.Time.GetUtcNow() + SoldLicense.Term + SoldLicense.Grace;
        var license = await Given.LicenseAsync(_app, GivenState.ReleasedByClock);

        await license.ReleaseAsync();

        var released = (await license.EventsAsync())[^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await license.ShowAsync()).GetProperty("releasedAt").GetDateTimeOffset(), Is.EqualTo(graceEndsAt));
            Assert.That(released.GetProperty("before").GetRawText(), Is.EqualTo("""{"releasedBy":"clock"}"""));
            Assert.That(released.GetProperty("after").GetRawText(), Is.EqualTo("""{"releasedBy":"marketplace"}"""));
        }
    }

    private Task AssertCallAsync(
        SoldLicense license, Func<Task<MarketplaceReply>> call, string resultCode, string state, string happened, bool newCode = false) =>
        EventStateCell.AssertAsync(_app, license, call, resultCode, state, happened, newCode);
}
