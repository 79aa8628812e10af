using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>A license has codes of several bindings: what an order, an operator and a repeat get is the newest one that is bound to no device.</summary>
[OnEveryDatabase]
internal sealed class BindingTests
{
    [Test]
    public async Task NewestCodeIsADevices_OrderOperatorAndSoftwareGetTheNewestUnboundOne()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        AddDeviceCode(app, license, generation: 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode));
            Assert.That(await license.CodeAsync(), Is.EqualTo(license.FirstCode));
            Assert.That((await license.ShowAsync()).GetProperty("generation").GetInt32(), Is.EqualTo(1));
            Assert.That((await SoldLicense.FetchCodeAsync(app, license.FirstCode)).Json.GetProperty("code").GetString(), Is.EqualTo(license.FirstCode));
        }
    }

    [Test]
    public async Task Renewal_AfterADevicesCode_CountsOnOverAllCodes()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        AddDeviceCode(app, license, generation: 2);

        Assert.That((await license.RefreshAsync(app.Time.GetUtcNow().AddDays(40))).ResultCode, Is.EqualTo("000000"));

        var renewed = app.Check((await license.BuyAgainAsync()).License).License!;
        Assert.That(renewed.Generation, Is.EqualTo(3));
        Assert.That(app.Query("SELECT unbound_generation FROM licenses"), Is.EqualTo([3L]));
    }

    // As it will be stored once devices activate.
    private static void AddDeviceCode(LicenseAuthorityApplication app, SoldLicense license, int generation) => app.Change(
        $"""
        INSERT INTO codes (license_id, generation, issued_at, device, status_list, status_index, text, sha256, key_serial)
        SELECT license_id, {generation}, issued_at + 1000, 'act_1', status_list, status_index + 1, 'a code of a device', sha256, key_serial
        FROM codes WHERE license_id = '{license.Id}';
        UPDATE licenses SET generation = {generation} WHERE id = '{license.Id}';
        """);
}
