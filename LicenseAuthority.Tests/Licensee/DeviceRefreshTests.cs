using LicenseAuthority.Client;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>Devices that have a place keep it: their newest code, and their leases.</summary>
[OnEveryDatabase]
internal sealed class DeviceRefreshTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=1000"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Refresh_DeviceCode_IsMadeAnewWhenTheLicenseChanged()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var device = new Device(_app, "a");
        var (_, code) = await device.PlacedAsync(license.FirstCode);
        Assert.That(await SoldLicense.RefreshedAsync(_app, code), Is.EqualTo(code), "nothing changed");
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(90));

        var newest = await SoldLicense.RefreshedAsync(_app, code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(newest, Is.Not.EqualTo(code).And.Not.EqualTo(await license.CodeAsync()));
            Assert.That(device.Check(newest).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(device.Check(newest).License!.ExpiresAt, Is.EqualTo(_app.Check(await license.CodeAsync()).License!.ExpiresAt));
            Assert.That(device.Check(newest).License!.IssuedAt, Is.GreaterThan(device.Check(code).License!.IssuedAt));
            Assert.That(await SoldLicense.RefreshedAsync(_app, code), Is.EqualTo(newest), "an older one proves who asks");
            Assert.That(await SoldLicense.RefreshedAsync(_app, license.FirstCode), Is.EqualTo(await license.CodeAsync()), "each binding has its own newest code");
            Assert.That((await license.EventWordsAsync())[^1], Is.EqualTo("code.renewed licensee"));
        }
    }

    [TestCase(GivenState.Revoked, "Revoked")]
    [TestCase(GivenState.ReleasedByMarketplace, "Released")]
    public async Task Refresh_DeviceOfALicenseThatIsOver_NoCode(GivenState given, string state)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var (_, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        Assert.That(given == GivenState.Revoked ? (await license.CommandAsync("revoke")).Code : (await license.CommandAsync("release")).Code, Is.Null);

        var reply = await SoldLicense.FetchCodeAsync(_app, code);

        Assert.That(reply.Json.GetProperty("code").GetString(), Is.Null);
        Assert.That(reply.Json.GetProperty("state").GetString(), Is.EqualTo(state));
    }

    [Test]
    public async Task Refresh_LeasedDevice_IsProlongedFromTheMiddleOfTheLeaseOn()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var device = new Device(_app, "a");
        var began = LicenseTime.CutToSecond(_app.Time.GetUtcNow());
        var (_, code) = await device.PlacedAsync(license.FirstCode, lease: 3600);
        var claims = device.Check(code).License!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(claims.IsLeased, Is.True);
            Assert.That(claims.ExpiresAt, Is.EqualTo(began.AddHours(1)));
            Assert.That(claims.TermEndsAt, Is.EqualTo(_app.Check(license.FirstCode).License!.ExpiresAt));
        }

        _app.Time.SetUtcNow(began.AddMinutes(30).AddTicks(-1));
        Assert.That(await SoldLicense.RefreshedAsync(_app, code), Is.EqualTo(code), "one instant before the middle");
        _app.Time.SetUtcNow(began.AddMinutes(30));
        var prolonged = await SoldLicense.RefreshedAsync(_app, code);

        Assert.That(device.Check(prolonged).License!.ExpiresAt, Is.EqualTo(began.AddMinutes(90)));
        Assert.That(await SoldLicense.RefreshedAsync(_app, code), Is.EqualTo(prolonged));
    }

    [Test]
    public async Task Lease_IsOver_ThePlaceIsFreeByItselfAtThatVeryInstant()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var began = LicenseTime.CutToSecond(_app.Time.GetUtcNow());
        var device = new Device(_app, "a");
        var other = new Device(_app, "b");
        var (id, code) = await device.PlacedAsync(license.FirstCode, lease: 60);
        _app.Time.SetUtcNow(began.AddSeconds(60).AddTicks(-1));
        Assert.That((await other.ActivateAsync(license.FirstCode)).Code, Is.EqualTo("no-seat-left"), "one instant before the end");

        _app.Time.SetUtcNow(began.AddSeconds(60));
        var listed = (await _app.Admin.ListAsync($"licenses/{license.Id}/activations")).Single();
        await other.PlacedAsync(license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(listed.GetProperty("freedBy").GetString(), Is.EqualTo("lease"), "shown as over before anybody took it");
            Assert.That(listed.GetProperty("freedAt").GetDateTimeOffset(), Is.EqualTo(began.AddSeconds(60)));
            Assert.That((await SoldLicense.FetchCodeAsync(_app, code)).Code, Is.EqualTo("device-freed"));
            Assert.That(_app.Query($"SELECT freed_by FROM activations WHERE id = '{id}'"), Is.EqualTo(["lease"]));
            Assert.That(_app.Query("SELECT count(*) FROM codes WHERE invalid_at IS NOT NULL"), Is.EqualTo([1L]));
            Assert.That(
                (await license.EventWordsAsync())[1..], Is.EqualTo(["license.activated licensee", "license.deactivated clock", "license.activated licensee"]));
        }
    }

    [Test]
    public async Task Lease_IsOverAndNobodyTookThePlace_TheDeviceHasItAgainWithARefresh()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var device = new Device(_app, "a");
        var (id, code) = await device.PlacedAsync(license.FirstCode, lease: 60);
        _app.Time.Advance(TimeSpan.FromHours(5));
        Assert.That(device.Check(code).Outcome, Is.Not.EqualTo(LicenseOutcome.Valid));

        var again = await SoldLicense.RefreshedAsync(_app, code);

        Assert.That(device.Check(again).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That((await device.PlacedAsync(license.FirstCode)).Id, Is.EqualTo(id));
        Assert.That((await new Device(_app, "b").ActivateAsync(license.FirstCode)).Code, Is.EqualTo("no-seat-left"));
    }

    // Each refresh made a new code, since the lease could no longer grow.
    [Test]
    public async Task Lease_LicenseEndsBefore_EndsWithItAndIsNotMadeAnewForEver()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var end = _app.Check(license.FirstCode).License!.ExpiresAt!.Value;
        _app.Time.SetUtcNow(end.AddMinutes(-10));
        var device = new Device(_app, "a");
        var (_, code) = await device.PlacedAsync(license.FirstCode, lease: 3600);
        Assert.That(device.Check(code).License!.ExpiresAt, Is.EqualTo(end));

        foreach (var instant in (DateTimeOffset[])[end.AddMinutes(-1), end, end.AddDays(1)])
        {
            _app.Time.SetUtcNow(instant);
            Assert.That(await SoldLicense.RefreshedAsync(_app, code), Is.EqualTo(code));
        }
    }

    // The device had its code, and was answered 503 since nobody could write down when it was seen.
    [TestCase(true)]
    [TestCase(false)]
    public async Task Refresh_StoreCannotWriteDownThatItWasSeen_CodeAllTheSame(bool busy)
    {
        var store = new FaultyActivationStore { SeenFault = busy ? new StoreBusyException("Too many wait.") : new StorageException("The disk is full.") };
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], store.Replace);
        var license = await SoldLicense.BuyAsync(app);
        var (_, code) = await new Device(app, "a").PlacedAsync(license.FirstCode);
        app.Time.Advance(TimeSpan.FromHours(2));

        var refreshed = await SoldLicense.FetchCodeAsync(app, code);
        var again = await new Device(app, "a").PlacedAsync(license.FirstCode);

        Assert.That((refreshed.Json.GetProperty("code").GetString(), again.Code), Is.EqualTo((code, code)), refreshed.ToString());
    }

    // The token of before a restore said 1 of it, so it stays 1.
    [Test]
    public async Task Refresh_NewestCodeOfTheDeviceIsInvalid_IsMadeAnewOnce([Values("invalid_at", "void_at")] string column)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var device = new Device(_app, "a");
        var (id, code) = await device.PlacedAsync(license.FirstCode);
        _app.Change($"UPDATE codes SET {column} = {_app.Time.GetUtcNow().ToUnixTimeMilliseconds()} WHERE device = '{id}'");

        var newest = await SoldLicense.RefreshedAsync(_app, code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(newest, Is.Not.EqualTo(code));
            Assert.That(device.Check(newest).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(await SoldLicense.RefreshedAsync(_app, code), Is.EqualTo(newest));
            Assert.That(await device.PlacedAsync(license.FirstCode), Is.EqualTo((id, newest)));
            Assert.That(_app.Query($"SELECT count(*) FROM codes WHERE device = '{id}'"), Is.EqualTo([2L]));
        }
    }
}
