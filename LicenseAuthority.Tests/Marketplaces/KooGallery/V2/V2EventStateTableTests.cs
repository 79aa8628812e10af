using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>The table "events x states" of docs/license-lifecycle.md as far as V2 reaches it, cell by cell, with the answer on the wire.</summary>
[OnEveryDatabase]
internal sealed class V2EventStateTableTests
{
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
        foreach (var scene in new[] { "RENEWAL", "RENEWAL_CHANGE", "TRIAL_TO_FORMAL" })
        {
            var license = await Given.LicenseAsync(_app, given);

            await AssertCallAsync(
                license, V2Call.Refresh(license.Id, _app.Time.GetUtcNow() + TimeSpan.FromDays(100), scene), resultCode, state, happened, newCode: happened == "license.renewed");

            Assert.That(await license.ConflictsAsync(), Has.Count.EqualTo(happened == "order.unserved" ? 1 : 0), "an unserved order waits for an operator");
        }
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
            license, V2Call.Refresh(license.Id, boughtAt + SoldLicense.Term, "UNSUBSCRIBE_RENEWAL_PERIOD"), "000000", state, happened,
            newCode: happened == "license.renewed");

        Assert.That(await license.ConflictsAsync(), Is.Empty);
    }

    [TestCase(GivenState.Active, "Frozen", "license.frozen")]
    [TestCase(GivenState.FrozenByExpireCall, "Frozen", "license.frozen", Description = "the term had more to run: a hold")]
    [TestCase(GivenState.FrozenByClock, "Frozen", "license.frozen", Description = "the term is over: as an expire call")]
    [TestCase(GivenState.FrozenByOperator, "Frozen", "license.frozen")]
    [TestCase(GivenState.ReleasedByClock, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByClockAndRecorded, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released", "call.noted")]
    [TestCase(GivenState.ReleasedByOperator, "Released", "call.noted")]
    [TestCase(GivenState.Revoked, "Revoked", "call.noted")]
    public async Task Freeze_InEachState_AsInTheTable(GivenState given, string state, string happened)
    {
        var license = await Given.LicenseAsync(_app, given);

        await AssertCallAsync(license, V2Call.Status(license.Id, "FREEZE"), "000000", state, happened);

        await AssertCallAsync(license, V2Call.Status(license.Id, "FREEZE"), "000000", state, "call.noted");
    }

    [TestCase(GivenState.Active, "Active")]
    [TestCase(GivenState.FrozenByExpireCall, "Frozen")]
    [TestCase(GivenState.FrozenByClock, "Frozen")]
    [TestCase(GivenState.FrozenByOperator, "Frozen", Description = "who ordered a hold lifts it")]
    [TestCase(GivenState.ReleasedByClock, "Released")]
    [TestCase(GivenState.ReleasedByClockAndRecorded, "Released")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released")]
    [TestCase(GivenState.ReleasedByOperator, "Released")]
    [TestCase(GivenState.Revoked, "Revoked")]
    public async Task Unfreeze_InEachState_IsNoted(GivenState given, string state)
    {
        var license = await Given.LicenseAsync(_app, given);

        await AssertCallAsync(license, V2Call.Status(license.Id, "UNFREEZE"), "000000", state, "call.noted");
    }

    [Test]
    public async Task Unfreeze_AfterAFreeze_LiftsItAndNothingElse()
    {
        var license = await Given.LicenseAsync(_app, GivenState.Active);
        await AssertCallAsync(license, V2Call.Status(license.Id, "FREEZE"), "000000", "Frozen", "license.frozen");
        await AssertCallAsync(
            license, V2Call.Refresh(license.Id, _app.Time.GetUtcNow() + TimeSpan.FromDays(100)), "000000", "Frozen", "license.renewed", newCode: true);

        await AssertCallAsync(license, V2Call.Status(license.Id, "UNFREEZE"), "000000", "Active", "license.unfrozen");
    }

    // Frozen at the end of its term it is renewable, and the renewal thaws it: no UNFREEZE comes.
    [TestCase(24, true)]
    [TestCase(25, false)]
    public async Task Freeze_NearTheEnd_IsTheEndOfTheTerm(int hoursBefore, bool thaws)
    {
        var license = await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(SoldLicense.Term - TimeSpan.FromHours(hoursBefore));
        await AssertCallAsync(license, V2Call.Status(license.Id, "FREEZE"), "000000", "Frozen", "license.frozen");

        await AssertCallAsync(
            license, V2Call.Refresh(license.Id, _app.Time.GetUtcNow() + TimeSpan.FromDays(100)), "000000", thaws ? "Active" : "Frozen", "license.renewed", newCode: true);
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

        await AssertCallAsync(license, V2Call.Release(license.Id), "000000", state, happened);
    }

    [Test]
    public async Task Query_InEachState_TheInstanceIsThere([Values] GivenState given)
    {
        var license = await Given.LicenseAsync(_app, given);
        var rows = _app.CountRows();

        var reply = await _app.MarketplaceV2.SendAsync(V2Call.Query(license.Id));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(reply.Instances, Is.EqualTo([license.Id]));
        Assert.That(_app.CountRows(), Is.EqualTo(rows), "nothing is noted");
    }

    private Task AssertCallAsync(SoldLicense license, V2Call call, string resultCode, string state, string happened, bool newCode = false) =>
        EventStateCell.AssertAsync(_app, license, () => _app.MarketplaceV2.SendAsync(call), resultCode, state, happened, newCode);
}
