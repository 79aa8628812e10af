using System.Net;
using LicenseAuthority.Client;
using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>Places of devices are given up: by the device, by whoever has the license's code, or by an operator.</summary>
[OnEveryDatabase]
internal sealed class FreedPlaceTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=1000"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Free_ByTheDeviceItself_PlaceIsFreeAllItsCodesAreInvalidAndARepeatIsTheSame()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var device = new Device(_app, "a");
        var (id, first) = await device.PlacedAsync(license.FirstCode);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(90));
        var second = await SoldLicense.RefreshedAsync(_app, first);

        Assert.That((await Device.FreeAsync(_app, id, first)).Status, Is.EqualTo(204));
        Assert.That((await Device.FreeAsync(_app, id, second!)).Status, Is.EqualTo(204), "again");
        var gone = await SoldLicense.FetchCodeAsync(_app, second!);
        var (newId, third) = await device.PlacedAsync(license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((gone.Status, gone.Code), Is.EqualTo((HttpStatusCode.Gone, "device-freed")));
            Assert.That(newId, Is.Not.EqualTo(id), "a place and a code anew");
            Assert.That(device.Check(third).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(_app.Query("SELECT generation FROM codes WHERE invalid_at IS NOT NULL ORDER BY generation"), Is.EqualTo([2L, 4L]));
            Assert.That(_app.Query("SELECT count(*) FROM activation_devices"), Is.EqualTo([1L]));
            Assert.That(
                (await license.EventWordsAsync())[^2..], Is.EqualTo(["license.deactivated licensee", "license.activated licensee"]), "one event, however often it is asked");
        }
    }

    [Test]
    public async Task Free_AnotherDevicesPlace_403AndUnknown404()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        var (first, _) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        var (_, code) = await new Device(_app, "b").PlacedAsync(license.FirstCode);
        var foreign = await SoldLicense.BuyPlacesAsync(_app, 1);

        Assert.That((await Device.FreeAsync(_app, first, code)).Problem, Is.EqualTo((403, "not-your-device")));
        Assert.That((await Device.FreeAsync(_app, first, foreign.FirstCode)).Problem, Is.EqualTo((404, "activation-not-found")), "of another license");
        Assert.That((await Device.FreeAsync(_app, "act_none", license.FirstCode)).Problem, Is.EqualTo((404, "activation-not-found")));
        Assert.That((await Device.FreeAsync(_app, first, code + "x")).Problem, Is.EqualTo((401, "unknown-code")));
    }

    [Test]
    public async Task Free_LostDeviceByTheLicensesCode_OnlyOnceItWasNotSeenForLong()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        var began = LicenseTime.CutToSecond(_app.Time.GetUtcNow());
        await license.RefreshAsync(began.AddDays(365));
        _app.Time.SetUtcNow(began);
        var (lost, _) = await new Device(_app, "lost").PlacedAsync(license.FirstCode);
        var (offline, _) = await new Device(_app, "offline").PlacedAsync(license.FirstCode, offline: true);

        _app.Time.SetUtcNow(began.AddDays(30).AddTicks(-1));
        Assert.That((await Device.FreeAsync(_app, lost, license.FirstCode)).Problem, Is.EqualTo((403, "not-your-device")), "one instant before");
        _app.Time.SetUtcNow(began.AddDays(30));
        Assert.That((await Device.FreeAsync(_app, offline, license.FirstCode)).Problem, Is.EqualTo((403, "not-your-device")), "it never shows itself");

        Assert.That((await Device.FreeAsync(_app, lost, license.FirstCode)).Status, Is.EqualTo(204));
        Assert.That(_app.Query($"SELECT freed_by FROM activations WHERE id = '{lost}'"), Is.EqualTo(["license"]));
    }

    [Test]
    public async Task Free_DeviceThatRefreshed_WasSeen()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        await license.RefreshAsync(_app.Time.GetUtcNow().AddDays(365));
        var (id, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        _app.Time.Advance(TimeSpan.FromDays(29));
        await SoldLicense.RefreshedAsync(_app, code);
        _app.Time.Advance(TimeSpan.FromDays(29));

        Assert.That((await Device.FreeAsync(_app, id, license.FirstCode)).Problem, Is.EqualTo((403, "not-your-device")));
    }

    [Test]
    public async Task Free_MoreThanTheQuantityInThirtyDays_429UntilTheFirstIsThirtyDaysOld()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var began = LicenseTime.CutToSecond(_app.Time.GetUtcNow());
        await license.RefreshAsync(began.AddDays(365));
        _app.Time.SetUtcNow(began);
        var device = new Device(_app, "a");
        var (first, firstCode) = await device.PlacedAsync(license.FirstCode);
        Assert.That((await Device.FreeAsync(_app, first, firstCode)).Status, Is.EqualTo(204));
        var (second, secondCode) = await device.PlacedAsync(license.FirstCode);
        _app.Time.SetUtcNow(began.AddDays(1));

        var tooMany = await Device.FreeAsync(_app, second, secondCode);
        Assert.That((tooMany.Problem, tooMany.RetryAfter), Is.EqualTo(((429, "too-many-frees"), TimeSpan.FromDays(29))));
        _app.Time.SetUtcNow(began.AddDays(30).AddTicks(-1));
        Assert.That((await Device.FreeAsync(_app, second, secondCode)).Status, Is.EqualTo(429));
        _app.Time.SetUtcNow(began.AddDays(30));
        Assert.That((await Device.FreeAsync(_app, second, secondCode)).Status, Is.EqualTo(204));
    }

    // Floating sessions could be ended as often in a month as the license has places.
    [Test]
    public async Task Free_WithinADayOfTheLeasesEnd_DoesNotCount()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        await license.RefreshAsync(_app.Time.GetUtcNow().AddDays(365));
        for (var session = 0; session < 3; session++)
        {
            var (id, code) = await new Device(_app, $"floating {session}").PlacedAsync(license.FirstCode, lease: 8 * 3600);
            Assert.That((await Device.FreeAsync(_app, id, code)).Status, Is.EqualTo(204), $"session {session}");
        }

        var (lasting, lastingCode) = await new Device(_app, "lasting").PlacedAsync(license.FirstCode);
        Assert.That((await Device.FreeAsync(_app, lasting, lastingCode)).Status, Is.EqualTo(204), "the first that counts");
        var (floating, floatingCode) = await new Device(_app, "floating").PlacedAsync(license.FirstCode, lease: 8 * 3600);
        Assert.That((await Device.FreeAsync(_app, floating, floatingCode)).Status, Is.EqualTo(204), "nor is it limited");
        var (leased, leasedCode) = await new Device(_app, "long").PlacedAsync(license.FirstCode, lease: 10 * 86400);
        Assert.That((await Device.FreeAsync(_app, leased, leasedCode)).Problem, Is.EqualTo((429, "too-many-frees")), "a long lease has more to win");
        Assert.That(_app.Query("SELECT freed_by FROM activations WHERE freed_at IS NOT NULL ORDER BY freed_by"), Is.EqualTo(["device", "session", "session", "session", "session"]));
    }

    // A clock that was ten years ahead: nobody could give up a place for ten years.
    [Test]
    public async Task Free_ClockWasTenYearsAhead_TheFreesOfThenDoNotCountAndALostDeviceIsLostAfterThirtyDays()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        var began = LicenseTime.CutToSecond(_app.Time.GetUtcNow());
        await license.RefreshAsync(began.AddDays(365));
        var (lost, _) = await new Device(_app, "lost").PlacedAsync(license.FirstCode);
        var (own, ownCode) = await new Device(_app, "own").PlacedAsync(license.FirstCode);
        var ahead = began.AddYears(10).ToUnixTimeMilliseconds();
        _app.Change($"UPDATE activations SET last_seen_at = {ahead} WHERE id = '{lost}'");
        foreach (var id in (string[])["act_0", "act_1"])
        {
            _app.Change(
                $"""
                INSERT INTO activations (id, license_id, device_ids, required, activated_at, last_seen_at, offline, generation, code_issued_at, freed_at, freed_by)
                SELECT '{id}', license_id, device_ids, required, activated_at, last_seen_at, offline, generation, code_issued_at, {ahead}, 'device'
                FROM activations WHERE id = '{own}'
                """);
        }

        Assert.That((await Device.FreeAsync(_app, own, ownCode)).Status, Is.EqualTo(204));
        _app.Time.SetUtcNow(began.AddDays(1));
        Assert.That((await Device.FreeAsync(_app, lost, license.FirstCode)).Problem, Is.EqualTo((403, "not-your-device")));
        _app.Time.SetUtcNow(began.AddDays(31).AddTicks(-1));
        Assert.That((await Device.FreeAsync(_app, lost, license.FirstCode)).Problem, Is.EqualTo((403, "not-your-device")), "one instant before");
        _app.Time.SetUtcNow(began.AddDays(31));

        Assert.That((await Device.FreeAsync(_app, lost, license.FirstCode)).Status, Is.EqualTo(204));
    }

    // It had refreshed after it was judged to be lost, and lost its place all the same.
    [Test]
    public async Task Free_LostDeviceShowsItselfMeanwhile_KeepsItsPlace()
    {
        var store = new FaultyActivationStore { ShowsItselfMeanwhile = true };
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], store.Replace);
        var license = await SoldLicense.BuyAsync(app);
        await license.RefreshAsync(app.Time.GetUtcNow().AddDays(365));
        var (id, _) = await new Device(app, "a").PlacedAsync(license.FirstCode);
        app.Time.Advance(TimeSpan.FromDays(31));

        var freed = await Device.FreeAsync(app, id, license.FirstCode);

        Assert.That(freed.Problem, Is.EqualTo((403, "not-your-device")));
        Assert.That(store.ShowsItselfMeanwhile, Is.False, "it did");
        Assert.That(app.Query("SELECT count(*) FROM activations WHERE freed_at IS NULL"), Is.EqualTo([1L]));
        app.Time.Advance(TimeSpan.FromDays(31));
        Assert.That((await Device.FreeAsync(app, id, license.FirstCode)).Status, Is.EqualTo(204), "and once it is lost, it goes");
    }

    [Test]
    public async Task Free_LostDeviceAfterTwoDays_IsTheSettingsTime()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:LostDeviceAfter=2.00:00:00"]);
        var license = await SoldLicense.BuyAsync(app);
        var began = LicenseTime.CutToSecond(app.Time.GetUtcNow());
        app.Time.SetUtcNow(began);
        var (id, _) = await new Device(app, "a").PlacedAsync(license.FirstCode);

        app.Time.SetUtcNow(began.AddDays(2).AddTicks(-1));
        Assert.That((await Device.FreeAsync(app, id, license.FirstCode)).Problem, Is.EqualTo((403, "not-your-device")));
        app.Time.SetUtcNow(began.AddDays(2));
        Assert.That((await Device.FreeAsync(app, id, license.FirstCode)).Status, Is.EqualTo(204));
    }

    [Test]
    public async Task Admin_FreesWithoutLimitAndListsAll()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var (id, _) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
            ids.Insert(0, id);
            Assert.That(await Device.FreeAsOperatorAsync(_app, license.Id, id), Is.EqualTo(204));
            Assert.That(await Device.FreeAsOperatorAsync(_app, license.Id, id), Is.EqualTo(204), "again");
        }

        var items = await _app.Admin.ListAsync($"licenses/{license.Id}/activations?limit=2");
        string[] members = ["id", "name", "activatedAt", "lastSeenAt", "leaseUntil", "offline", "freedAt", "freedBy"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(items.Select(item => item.GetProperty("id").GetString()), Is.EquivalentTo(ids));
            Assert.That(items[0].EnumerateObject().Select(member => member.Name), Is.EqualTo(members));
            Assert.That(items.Select(item => item.GetProperty("freedBy").GetString()), Is.All.EqualTo("admin:bootstrap"));
            Assert.That(await Device.FreeAsOperatorAsync(_app, license.Id, "act_none"), Is.EqualTo(404));
            Assert.That(await Device.FreeAsOperatorAsync(_app, "lic_none", "act_none"), Is.EqualTo(404));
            Assert.That((await _app.Admin.GetAsync("licenses/lic_none/activations")).Code, Is.EqualTo("license-not-found"));
        }
    }
}
