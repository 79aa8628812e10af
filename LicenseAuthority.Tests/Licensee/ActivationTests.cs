using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>Devices get places of a license, counted against its quantity.</summary>
[OnEveryDatabase]
internal sealed class ActivationTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=1000"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Activate_FreePlace_CodeForThisDeviceAloneAndFingerprintsAreNotStored()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        var device = new Device(_app, "board-4711", "disk-4712");

        var reply = await device.ActivateAsync(license.FirstCode, name: " Reception ");

        var code = reply.Json.GetProperty("code").GetString();
        string[] members = ["id", "code", "state", "statusList"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(reply.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(members));
            Assert.That(reply.Json.GetProperty("id").GetString(), Does.StartWith("act_"));
            Assert.That(reply.Json.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(device.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(new Device(_app, "board-4711", "another disk").Check(code).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(_app.Check(code).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(device.Check(code).License!.Generation, Is.EqualTo(2), "it counts over all codes of the license");
            Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode), "an order gets the code that is bound to none");
            Assert.That(await license.EventWordsAsync(), Is.EqualTo(["license.issued marketplace", "license.activated licensee"]));
            Assert.That(_app.Query("SELECT name FROM activations"), Is.EqualTo(["Reception"]));
            Assert.That(_app.Query("SELECT device_ids FROM activations").Single(), Does.Not.Contain("4711"));
            Assert.That(_app.Logs.Lines.Select(line => line.Message + line.Parameters + line.Exception), Has.None.Contains("board-4711"));
        }
    }

    [Test]
    public async Task Activate_SameDeviceAgain_ItsNewestCodeAndNoSecondPlace()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var device = new Device(_app, "a", "b", "c");
        var (id, code) = await device.PlacedAsync(license.FirstCode, match: 2);

        // One part was replaced; its code still passes here.
        var (again, newest) = await new Device(_app, "a", "b", "new").PlacedAsync(license.FirstCode);
        var byItsOwn = await new Device(_app, "a", "c").PlacedAsync(code);
        var other = await new Device(_app, "a", "x", "y").ActivateAsync(license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((again, newest), Is.EqualTo((id, code)));
            Assert.That(byItsOwn, Is.EqualTo((id, code)));
            Assert.That(other.Code, Is.EqualTo("no-seat-left"));
            Assert.That(_app.Query("SELECT count(*) FROM codes"), Is.EqualTo([2L]), "nothing changed, so no code was made");
        }
    }

    [Test]
    public async Task Activate_NoPlaceLeft_409WithTheDevicesThatHaveThem()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        Assert.That((await new Device(_app, "a").ActivateAsync(license.FirstCode, name: "first")).Code, Is.Null);

        var reply = await new Device(_app, "b").ActivateAsync(license.FirstCode);

        var holder = reply.Json.GetProperty("devices").EnumerateArray().Single();
        string[] members = ["name", "activatedAt", "lastSeenAt"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That(reply.Code, Is.EqualTo("no-seat-left"));
            Assert.That(holder.EnumerateObject().Select(member => member.Name), Is.EqualTo(members));
            Assert.That(holder.GetProperty("name").GetString(), Is.EqualTo("first"));
            Assert.That(holder.GetProperty("activatedAt").GetDateTimeOffset(), Is.EqualTo(_app.Time.GetUtcNow()).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(_app.Query("SELECT count(*) FROM activations"), Is.EqualTo([1L]));
        }
    }

    // Both had read that one place was free.
    [Test]
    public async Task Activate_ManyAtOnceForTheLastPlaces_NoMoreThanTheQuantityGetOne()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 3);

        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(number =>
            new Device(_app, string.Create(CultureInfo.InvariantCulture, $"machine {number}")).ActivateAsync(license.FirstCode)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(replies.Count(reply => reply.Status == HttpStatusCode.OK), Is.EqualTo(3));
            Assert.That(replies.Count(reply => reply.Code == "no-seat-left"), Is.EqualTo(9));
            Assert.That(_app.Query("SELECT count(*) FROM activations WHERE freed_at IS NULL"), Is.EqualTo([3L]));
        }
    }

    [Test]
    public async Task Activate_OneDeviceTwiceAtOnce_OnePlace()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 5);

        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => new Device(_app, "one machine").ActivateAsync(license.FirstCode)));

        Assert.That(replies.Select(reply => reply.Json.GetProperty("code").GetString()).Distinct().Count(), Is.EqualTo(1));
        Assert.That(_app.Query("SELECT count(*) FROM activations"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Activate_OlderCodeOfTheLicense_ServesToo()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(90));
        var device = new Device(_app, "a");

        var (_, code) = await device.PlacedAsync(license.FirstCode);

        Assert.That(device.Check(code).License!.ExpiresAt, Is.EqualTo(_app.Check(await license.CodeAsync()).License!.ExpiresAt));
    }

    [Test]
    public async Task Activate_CodeOfAnotherDevice_403AndOfAFreedDevice410()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 3);
        var (id, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);

        Assert.That((await new Device(_app, "b").ActivateAsync(code)).Code, Is.EqualTo("bound-to-another-device"));
        Assert.That((await Device.FreeAsync(_app, id, code)).Status, Is.EqualTo(204));
        Assert.That((await new Device(_app, "b").ActivateAsync(code)).Code, Is.EqualTo("bound-to-another-device"));
        var own = await new Device(_app, "a").ActivateAsync(code);

        Assert.That((own.Status, own.Code), Is.EqualTo((HttpStatusCode.Gone, "device-freed")));
    }

    [TestCase(GivenState.FrozenByOperator, 409, "state-does-not-allow")]
    [TestCase(GivenState.FrozenByClock, 409, "state-does-not-allow")]
    [TestCase(GivenState.ReleasedByClock, 410, "code-over")]
    [TestCase(GivenState.ReleasedByMarketplace, 410, "code-over")]
    [TestCase(GivenState.Revoked, 410, "code-over")]
    public async Task Activate_LicenseIsNotActive_NoPlace(GivenState state, int status, string code)
    {
        var license = await Given.LicenseAsync(_app, state);

        var reply = await new Device(_app, "a").ActivateAsync(license.FirstCode);

        Assert.That(((int)reply.Status, reply.Code), Is.EqualTo((status, code)));
        Assert.That(_app.Query("SELECT count(*) FROM activations"), Is.EqualTo([0L]));
    }

    [TestCase("""{"product":"demo-product","device":{"fingerprint":"a"}}""", 400, "bad-request")]
    [TestCase("""{"code":1,"product":"demo-product","device":{"fingerprint":"a"}}""", 400, "bad-request")]
    [TestCase("""{"code":"$","device":{"fingerprint":"a"}}""", 400, "bad-request")]
    [TestCase("""{"code":"$","product":"demo-product"}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":[]}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":[]}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":[1]}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":""}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":["a"," \t "]}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":["a"," a "]}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":["1","2","3","4","5","6","7","8","9"]}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a","fingerprint":"b"}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a","name":7}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a","name":"a\u0000"}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a","match":"1"}}""", 400, "bad-device")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":["a","b","c"],"match":1}}""", 422, "bad-match")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":["a","b","c"],"match":4}}""", 422, "bad-match")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a","match":0}}""", 422, "bad-match")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a"},"lease":0}""", 400, "bad-lease")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a"},"lease":59}""", 400, "bad-lease")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a"},"lease":60.5}""", 400, "bad-lease")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a"},"lease":31622401}""", 400, "bad-lease")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"a"},"offline":"yes"}""", 400, "bad-request")]
    [TestCase("""{"code":"$","product":"demo-product","device":{"fingerprint":"\ud800"}}""", 400, "bad-json")]
    [TestCase("[]", 400, "bad-request")]
    [TestCase("{", 400, "bad-json")]
    [TestCase("", 400, "bad-request")]
    [TestCase("""{"code":"$","product":"other","device":{"fingerprint":"a"}}""", 403, "wrong-product")]
    [TestCase("""{"code":"$x","product":"demo-product","device":{"fingerprint":"a"}}""", 401, "unknown-code")]
    [TestCase("""{"code":"","product":"demo-product","device":{"fingerprint":"a"}}""", 401, "unknown-code")]
    [TestCase("""{"code":"MARKET-4711","product":"demo-product","device":{"fingerprint":"a"}}""", 404, "unknown-code")]
    public async Task Activate_BadInput_IsToldAndNothingIsStored(string body, int status, string code)
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var content = new StringContent(body.Replace("$", license.FirstCode, StringComparison.Ordinal), Encoding.UTF8, "application/json");

        var reply = await Device.PostAsync(_app, content);

        Assert.That(((int)reply.Status, reply.Code), Is.EqualTo((status, code)), reply.ToString());
        Assert.That(_app.Query("SELECT count(*) FROM activations"), Is.EqualTo([0L]));
        Assert.That(_app.Query("SELECT count(*) FROM codes"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Activate_FingerprintsThatAreTooLong_400AndABodyOfAMegabyte413()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);

        Assert.That((await new Device(_app, new string('f', 1025)).ActivateAsync(license.FirstCode)).Code, Is.EqualTo("bad-device"));
        Assert.That((await new Device(_app, new string('f', 1024)).ActivateAsync(license.FirstCode)).Code, Is.Null);
        Assert.That((await new Device(_app, new string('f', 1 << 20)).ActivateAsync(license.FirstCode)).Code, Is.EqualTo("too-large"));
    }

    // The order in which it is judged: body, code, product, binding, state, the same device, place.
    [Test]
    public async Task Activate_SeveralFaults_TheFirstInOrderIsTold()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var (_, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        var other = new Device(_app, "b");

        Assert.That((await new Device(_app).ActivateAsync("unknown", product: "other")).Code, Is.EqualTo("bad-device"));
        Assert.That((await other.ActivateAsync(code + "x", product: "other")).Code, Is.EqualTo("unknown-code"));
        Assert.That((await other.ActivateAsync(code, product: "other")).Code, Is.EqualTo("wrong-product"));
        await license.CommandAsync("freeze");
        Assert.That((await other.ActivateAsync(code)).Code, Is.EqualTo("bound-to-another-device"));
        Assert.That((await new Device(_app, "a").ActivateAsync(license.FirstCode)).Code, Is.EqualTo("state-does-not-allow"));
        Assert.That((await other.ActivateAsync(license.FirstCode)).Code, Is.EqualTo("state-does-not-allow"));
    }

    // Each refresh of each device counted all places of the license.
    [Test]
    public async Task FindPlaces_DeviceHasItsPlace_NobodyIsCounted()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 3);
        var (own, _) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        var (leased, _) = await new Device(_app, "b").PlacedAsync(license.FirstCode, lease: 60);
        var store = _app.Services.GetRequiredService<IActivationStore>();
        var now = _app.Time.GetUtcNow();
        async Task<(int Taken, int Held)> CountedAsync(string? id, DateTimeOffset at)
        {
            var places = await store.FindPlacesAsync(license.Id, id, [], at, CancellationToken.None);
            return (places!.Taken, places.Held);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await CountedAsync(own, now), Is.EqualTo((0, 0)));
            Assert.That(await CountedAsync(leased, now), Is.EqualTo((0, 0)));
            Assert.That(await CountedAsync(leased, now.AddSeconds(60)), Is.EqualTo((1, 2)), "its lease is over");
            Assert.That(await CountedAsync(null, now), Is.EqualTo((2, 2)), "one that has no place asks");
        }
    }

    // The place whose lease was over fitted as well, and there was no room for it: 409, though the device had a place.
    [Test]
    public async Task Activate_TwoActivationsFit_TheOneThatHasItsPlaceIsChosen()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        var device = new Device(_app, "a", "b");
        var (over, _) = await new Device(_app, "a", "c").PlacedAsync(license.FirstCode, match: 1);
        var (holds, code) = await new Device(_app, "b", "d").PlacedAsync(license.FirstCode, match: 1);
        _app.Change("UPDATE licenses SET quantity = 1");
        _app.Change($"UPDATE activations SET lease_until = {_app.Time.GetUtcNow().AddSeconds(-1).ToUnixTimeMilliseconds()} WHERE id = '{over}'");

        Assert.That(await device.PlacedAsync(license.FirstCode), Is.EqualTo((holds, code)));
    }

    [Test]
    public async Task Admin_ActivatesByTheSameBodyWithoutTheLimits()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Licensee:RefreshesPerMinute=1"]);
        var license = await SoldLicense.BuyAsync(app, call => call.With("amount", "5"));
        for (var i = 0; i < 3; i++)
        {
            var device = new { fingerprint = $"machine {i}" };
            using var body = JsonContent.Create(new { code = license.FirstCode, product = Device.Product, device, offline = true });
            var reply = await app.Admin.PostAsync("activations", body);
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            Assert.That(new Device(app, $"machine {i}").Check(reply.Json.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        }

        Assert.That((await license.EventWordsAsync())[^1], Is.EqualTo("license.activated admin:bootstrap"));
        using var unknown = JsonContent.Create(new { code = "MARKET-1", product = Device.Product, device = new { fingerprint = "a" } });
        Assert.That((int)(await app.Admin.PostAsync("activations", unknown)).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task Product_RequiresActivation_OnlyABoundCodeRuns()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
        [
            "Expiry:Enabled=false", "Products:0:Id=demo-product", "Products:0:MarketplaceProductIds:0=*", "Products:0:Activation=Required",
            "Products:0:ActivationLease=01:00:00",
        ]);
        var license = await SoldLicense.BuyAsync(app);
        var device = new Device(app, "a");

        var (_, code) = await device.PlacedAsync(license.FirstCode, lease: 7200);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(device.Check(license.FirstCode).Outcome, Is.EqualTo(LicenseOutcome.NotActivated));
            Assert.That(device.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(
                device.Check(code).License!.ExpiresAt, Is.EqualTo(LicenseTime.CutToSecond(app.Time.GetUtcNow()).AddHours(1)), "a longer lease than the product's is not given");
        }
    }

    [Test]
    public async Task Quantity_LoweredBelowTheDevices_TheyStayNoneIsAddedAndAnOperatorDecides()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 2);
        var (first, _) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        await new Device(_app, "b").PlacedAsync(license.FirstCode);
        var change = new LicenseCommand.Change(
            new CallSource("admin:bootstrap", "change"), null, 1, null, "one was returned");
        await _app.Services.GetRequiredService<LicenseService>().ExecuteAsync(new LicenseTarget(license.Id), change, CancellationToken.None);

        var conflict = (await license.ConflictsAsync()).Single();
        var other = await new Device(_app, "c").ActivateAsync(license.FirstCode);
        var same = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        var applied = await _app.Admin.PostAsync($"conflicts/{conflict.GetProperty("id").GetString()}/apply");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(conflict.GetProperty("reason").GetString(), Does.Contain("2 devices"));
            Assert.That(other.Code, Is.EqualTo("no-seat-left"));
            Assert.That(same.Id, Is.EqualTo(first));
            Assert.That(applied.Code, Is.EqualTo("state-does-not-allow"), "there is nothing to apply");
            Assert.That((await _app.Admin.PostAsync($"conflicts/{conflict.GetProperty("id").GetString()}/dismiss")).Code, Is.Null);
        }
    }

    [Test]
    public async Task Webhooks_HearOfPlacesTakenAndGivenUpAndNotOfRenewedCodes()
    {
        using var webhook = new StringContent(
            """{"url":"https://hooks.invalid/licenses","events":["license.activated","license.deactivated"]}""", Encoding.UTF8, "application/json");
        Assert.That((await _app.Admin.PostAsync("webhooks", webhook)).Code, Is.Null);
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        var (id, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        await license.RefreshAsync(_app.Time.GetUtcNow().AddDays(90));
        await SoldLicense.RefreshedAsync(_app, code);
        await Device.FreeAsync(_app, id, code);

        Assert.That(_app.Query("SELECT type FROM outbox ORDER BY id"), Is.EqualTo(["license.activated", "license.deactivated"]));
        Assert.That(_app.Query("SELECT payload FROM outbox ORDER BY id"), Is.All.Contains(id));
    }
}
