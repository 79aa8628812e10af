using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Stores;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary><c>refreshLicense</c> of V1 comes once: one that is refused is kept for an operator, and made again by hand it has its effect once.</summary>
[OnEveryDatabase]
internal sealed class MissedRenewalTests
{
    private readonly BusyStore _store = new();
    private LicenseAuthorityApplication _app = null!;

    private DateTimeOffset Next => LicenseTime.CutToSecond(_app.Time.GetUtcNow()).AddDays(365);

    [SetUp]
    public async Task Start()
    {
        _store.Fault = null;
        _app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", "Outbox:Enabled=false"],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseStore>(provider =>
            {
                _store.Inner = ActivatorUtilities.CreateInstance<LicenseStore>(provider);
                return _store;
            })));
    }

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Renewal_RefusedForAFaultOfOurs_IsAppliedByAnOperatorAndFoundByTheCallAgain()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await RefuseAsync(license, "CS-B");
        await KeepAsync();

        var entry = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        Assert.That(entry.GetProperty("licenseId").GetString(), Is.EqualTo(license.Id));
        Assert.That(entry.GetProperty("reason").GetString(), Does.StartWith("answered 000005 "));
        Assert.That(await _app.RestartsAsync(), Is.EqualTo(["refreshLicense CS-B 000005"]));

        var applied = await _app.Admin.PostAsync($"conflicts/{entry.GetProperty("id").GetString()}/apply");
        Assert.That((int)applied.Status, Is.EqualTo(200), applied.ToString());
        var shown = (await _app.Admin.ShowAsync(license.Id)).GetRawText();
        Assert.That(shown, Does.Contain(Rfc3339.Seconds(Next)));
        Assert.That(await _app.RestartsAsync(), Is.Empty);

        Assert.That((await RefreshAsync(license, "CS-B")).ResultCode, Is.EqualTo("000000"));
        Assert.That((await _app.Admin.ShowAsync(license.Id)).GetRawText(), Is.EqualTo(shown), "neither a new code nor an event");
    }

    [Test]
    public async Task Renewal_MadeAgainBeforeItWasDecided_IsServedAndClosesItsEntry()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await RefuseAsync(license, "CS-B");
        await KeepAsync();

        Assert.That((await RefreshAsync(license, "CS-B")).ResultCode, Is.EqualTo("000000"));

        Assert.That(_app.Query("SELECT resolution FROM conflicts"), Is.EqualTo(["served"]));
        Assert.That((await _app.Admin.ShowAsync(license.Id)).GetProperty("expiresAt").GetString(), Is.EqualTo(Rfc3339.Seconds(Next)));
        Assert.That(await _app.RestartsAsync(), Is.Empty);
    }

    [Test]
    public async Task Renewal_MadeAgainBeforeItCouldBeKept_IsNotKept()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await RefuseAsync(license, "CS-B");
        Assert.That((await RefreshAsync(license, "CS-B")).ResultCode, Is.EqualTo("000000"));

        await KeepAsync();

        Assert.That(_app.Query("SELECT id FROM conflicts"), Is.Empty);
    }

    [Test]
    public async Task Renewal_RefusedAgainAndAgain_HasOneEntry()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await RefuseAsync(license, "CS-B");
        await RefuseAsync(license, "CS-B");
        await KeepAsync();
        await RefuseAsync(license, "CS-B");
        await KeepAsync();

        Assert.That(_app.Query("SELECT order_id FROM conflicts"), Is.EqualTo(["CS-B"]));
    }

    [Test]
    public async Task Renewal_StoreIsAway_WaitsUntilItTakesIt()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await RefuseAsync(license, "CS-B");
        _store.Fault = static () => new StoreBusyException("on purpose");
        Assert.That(KeepAsync, Throws.InstanceOf<StoreBusyException>());
        _store.Fault = null;
        Assert.That(_app.Query("SELECT id FROM conflicts"), Is.Empty);

        await KeepAsync();

        Assert.That(_app.Query("SELECT license_id FROM conflicts"), Is.EqualTo([license.Id]));
    }

    // Here the store takes it at once: before the answer leaves.
    [Test]
    public async Task Renewal_WithoutAnExpiryThatCanBeRead_IsKeptAndClosedByTheOneThatHasIt()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var reply = await _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, "CS-B", Next).With("expireTime", "in a year"));
        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        var id = (await _app.Admin.ListIdsAsync("conflicts?kind=unserved")).Single();
        Assert.That((await _app.Admin.PostAsync($"conflicts/{id}/apply")).Code, Is.EqualTo("state-does-not-allow"));

        Assert.That((await RefreshAsync(license, "CS-B")).ResultCode, Is.EqualTo("000000"));

        Assert.That(_app.Query("SELECT resolution FROM conflicts"), Is.EqualTo(["served"]));
    }

    [Test]
    public async Task Renewal_OfAnUnknownInstance_IsKeptWithoutALicense()
    {
        Assert.That((await _app.Marketplace.SendAsync(InstanceCall.Refresh("lic_none", "CS-B", Next))).ResultCode, Is.EqualTo("000003"));

        var entry = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        var id = entry.GetProperty("id").GetString();
        Assert.That(entry.GetProperty("licenseId").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(entry.GetProperty("instanceId").GetString(), Is.EqualTo("lic_none"));
        Assert.That((await _app.Admin.PostAsync($"conflicts/{id}/apply")).Code, Is.EqualTo("not-applicable"));
        Assert.That((int)(await _app.Admin.PostAsync($"conflicts/{id}/dismiss")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Renewal_OfALicenseThatIsOver_IsKeptOnce()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.Marketplace.SendAsync(InstanceCall.Release(license.Id, license.OrderId));

        Assert.That((await RefreshAsync(license, "CS-B")).ResultCode, Is.EqualTo("000003"));
        Assert.That((await RefreshAsync(license, "CS-B")).ResultCode, Is.EqualTo("000003"));
        await KeepAsync();

        Assert.That(_app.Query("SELECT license_id FROM conflicts"), Is.EqualTo([license.Id]));
    }

    [Test]
    public async Task Renewal_OfATestOrWithoutAnOrderThatCanBeRead_IsNotKept()
    {
        var test = await SoldLicense.BuyAsync(_app, static purchase => purchase.With("testFlag", "1"));
        await RefuseAsync(test, "CS-B");
        await _app.Marketplace.SendAsync(InstanceCall.Refresh("lic_none", "CS-C", Next).With("testFlag", "1"));
        await _app.Marketplace.SendAsync(InstanceCall.Refresh("lic_none", "CS-D", Next).Without("orderId"));
        await KeepAsync();

        Assert.That(_app.Query("SELECT id FROM conflicts"), Is.Empty);
    }

    private Task<MarketplaceReply> RefreshAsync(SoldLicense license, string order) =>
        _app.Marketplace.SendAsync(InstanceCall.Refresh(license.Id, order, Next));

    private async Task RefuseAsync(SoldLicense license, string order)
    {
        _store.Fault = static () => new StoreBusyException("on purpose");
        Assert.That((await RefreshAsync(license, order)).ResultCode, Is.EqualTo("000005"));
        _store.Fault = null;
    }

    private Task KeepAsync() => _app.Services.GetRequiredService<MissedRenewals>().KeepWaitingAsync(CancellationToken.None);

    private sealed class BusyStore : ILicenseStore
    {
        public LicenseStore Inner { get; set; } = null!;

        /// <summary>What a write fails with; null = it does not.</summary>
        public Func<Exception>? Fault { get; set; }

        public ValueTask<ServedOrder?> FindOrderAsync(OrderKey key, CancellationToken cancellationToken) => Inner.FindOrderAsync(key, cancellationToken);

        public ValueTask<OrderBefore> LookUpOrderAsync(OrderKey key, string marketplaceCustomerId, CancellationToken cancellationToken) =>
            Inner.LookUpOrderAsync(key, marketplaceCustomerId, cancellationToken);

        public ValueTask<FoundLicense?> FindLicenseAsync(string licenseId, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken) =>
            Inner.FindLicenseAsync(licenseId, keys, cancellationToken);

        public ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken) =>
            Inner.FindConflictAsync(conflictId, cancellationToken);

        public ValueTask<bool> IsPendingAsync(string instanceId, CancellationToken cancellationToken) => Inner.IsPendingAsync(instanceId, cancellationToken);

        public ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken) =>
            Inner.FindLicenseIdAsync(account, code, cancellationToken);

        public ValueTask<IReadOnlyList<KeptCall>> ListKeptCallsAsync(string account, bool test, MarketplaceCode code, CancellationToken cancellationToken) =>
            Inner.ListKeptCallsAsync(account, test, code, cancellationToken);

        public ValueTask<UnservedEntry?> FindUnservedAsync(string licenseId, CallSource source, ConflictProposal proposal, CancellationToken cancellationToken) =>
            Inner.FindUnservedAsync(licenseId, source, proposal, cancellationToken);

        public ValueTask<LateEnd?> FindLateEndAsync(string licenseId, CancellationToken cancellationToken) => Inner.FindLateEndAsync(licenseId, cancellationToken);

        public ValueTask<int> CountPlacesAsync(string licenseId, DateTimeOffset now, CancellationToken cancellationToken) =>
            Inner.CountPlacesAsync(licenseId, now, cancellationToken);

        public Task<StoreOutcome> StoreAsync(LicenseCommit commit, CancellationToken cancellationToken) =>
            Fault is { } fault ? throw fault() : Inner.StoreAsync(commit, cancellationToken);

        public Task<UnservedOutcome> KeepUnservedAsync(OpenConflict entry, CancellationToken cancellationToken) =>
            Fault is { } fault ? throw fault() : Inner.KeepUnservedAsync(entry, cancellationToken);

        public Task<StoreOutcome> ResolveAsync(ConflictResolution resolution, CancellationToken cancellationToken) => Inner.ResolveAsync(resolution, cancellationToken);
    }
}
