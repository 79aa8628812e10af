using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>A service that is set up wrongly does not start, and says which setting it is and what to do.</summary>
internal sealed class StartTests
{
    [Test]
    public async Task Production_SetUpWell_ServesAnOrder()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(ProductionStart.Settings, keys: KeyFiles.Production);

        var reply = await app.CallerWith("an-access-key-of-production").SendAsync(GetLicenseCall.For("CS1"));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(app.Logs.Lines.Where(line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning), Is.Empty);
    }

    // The keys of cookies that nobody has lay unencrypted in the home of the service's user, with a warning at each start.
    [Test]
    public async Task Production_SetUpWell_WarnsOfNothingAndMakesNoKeysOfOthers()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(ProductionStart.Settings, keys: KeyFiles.Production);

        Assert.That(app.Services.GetService<IDataProtectionProvider>(), Is.Null);
        Assert.That(app.Logs.Lines.Where(line => line.Category.StartsWith("Microsoft", StringComparison.Ordinal) && line.Level >= LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task Production_WithoutAdminKey_StartsWithTheDoorClosed()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync([.. ProductionStart.Settings, "Admin:BootstrapApiKey="], keys: KeyFiles.Production);

        using var empty = await app.AdminAsync("/admin/v1/licenses/1", "");
        using var any = await app.AdminAsync("/admin/v1/licenses/1", new string('x', 40));

        Assert.That(empty.StatusCode, Is.EqualTo(System.Net.HttpStatusCode.Unauthorized));
        Assert.That(any.StatusCode, Is.EqualTo(System.Net.HttpStatusCode.Unauthorized));
    }

    [TestCase("Marketplace:AccessKeys:0=", "Marketplace:AccessKeys", "seller centre|Remove it", TestName = "Production_AccessKeyEmpty_IsRefused")]
    [TestCase("Marketplace:AccessKeys:0=demo-access-key-not-for-production", "Marketplace:AccessKeys", "Replace it", TestName = "Production_DemoAccessKey_IsRefused")]
    [TestCase("Marketplace:AccessKeys:1=demo-access-key-not-for-production", "Marketplace:AccessKeys", "Replace it", TestName = "Production_DemoAccessKeyBesideAnother_IsRefused")]
    [TestCase("Keys:Passphrase=", "Keys:Passphrase", "Keys__Passphrase.*keys init", TestName = "Production_NoPassphrase_IsRefused")]
    [TestCase("Keys:Passphrase=a wrong passphrase", "Keys:Passphrase", "Set the environment variable", TestName = "Production_WrongPassphrase_IsRefused")]
    [TestCase("Keys:Passphrase=license-authority development keys are public", "Keys:Passphrase", "keys init", TestName = "Production_DevelopmentPassphrase_IsRefused")]
    [TestCase("Keys:Directory=elsewhere", "Keys:Directory", "keys init", TestName = "Production_NoKeys_IsRefused")]
    [TestCase("Keys:Directory=", "Keys:Directory", "Leave the setting out", TestName = "Start_EmptyKeysDirectory_IsRefused")]
    [TestCase("PublicUrl=", "PublicUrl", "https://", TestName = "Start_NoPublicUrl_IsRefused")]
    [TestCase("PublicUrl=license.example.com", "PublicUrl", "https://", TestName = "Start_PublicUrlWithoutScheme_IsRefused")]
    [TestCase("PublicUrl=/licenses", "PublicUrl", "https://", TestName = "Start_PublicUrlRelative_IsRefused")]
    [TestCase("PublicUrl=ftp://license.example.com", "PublicUrl", "https://", TestName = "Start_PublicUrlOfOtherScheme_IsRefused")]
    [TestCase("PublicUrl=https://license.example.com/?a=1", "PublicUrl", "https://", TestName = "Start_PublicUrlWithQuery_IsRefused")]
    [TestCase("PublicUrl=https://license.example.com/#a", "PublicUrl", "https://", TestName = "Start_PublicUrlWithFragment_IsRefused")]
    [TestCase("PublicUrl=https://user:secret@license.example.com", "PublicUrl", "https://", TestName = "Start_PublicUrlWithCredentials_IsRefused")]
    // The default of appsettings.json was taken without complaint, and stood in every code that was sold.
    [TestCase("PublicUrl=http://localhost:5080", "PublicUrl", "https://", TestName = "Production_PublicUrlOfThisMachine_IsRefused")]
    [TestCase("PublicUrl=https://LOCALHOST./", "PublicUrl", "no other machine", TestName = "Production_PublicUrlOfThisMachineByName_IsRefused")]
    [TestCase("PublicUrl=https://licenses.localhost", "PublicUrl", "no other machine", TestName = "Production_PublicUrlBelowLocalhost_IsRefused")]
    [TestCase("PublicUrl=https://127.1.2.3", "PublicUrl", "no other machine", TestName = "Production_PublicUrlLoopback_IsRefused")]
    [TestCase("PublicUrl=https://[::1]:5080", "PublicUrl", "no other machine", TestName = "Production_PublicUrlLoopbackVersion6_IsRefused")]
    [TestCase("PublicUrl=https://0.0.0.0", "PublicUrl", "no other machine", TestName = "Production_PublicUrlAnyAddress_IsRefused")]
    [TestCase("Webhooks:Timeout=00:00:00", "Webhooks:Timeout", "00:00:15", TestName = "Start_WebhookTimeoutOfZero_IsRefused")]
    [TestCase("Webhooks:Timeout=00:02:00", "Webhooks:Timeout", "00:00:15", TestName = "Start_WebhookTimeoutTooLong_IsRefused")]
    [TestCase("Webhooks:AllowPrivateAddresses=perhaps", "Webhooks:AllowPrivateAddresses", "true or false", TestName = "Start_WebhookSwitchThatIsNone_IsRefused")]
    [TestCase("Outbox:KeepDelivered=00:00:01", "Outbox:KeepDelivered", "7.00:00:00", TestName = "Start_DeliveredKeptTooShortly_IsRefused")]
    [TestCase("Outbox:BacklogWarning=4.00:00:00", "Outbox:BacklogWarning", "00:15:00", TestName = "Start_BacklogWarningTooLate_IsRefused")]
    [TestCase("Admin:BootstrapApiKey=short", "Admin:BootstrapApiKey", "openssl rand", TestName = "Start_ShortAdminKey_IsRefused")]
    [TestCase("Admin:BootstrapApiKey=0123456789012345678901234567890123456789\n", "Admin:BootstrapApiKey", "white space", TestName = "Start_AdminKeyThatNobodyCouldSend_IsRefused")]
    [TestCase("Storage:Provider=Oracle", "Storage:Provider", "Sqlite", TestName = "Start_UnknownProvider_IsRefused")]
    [TestCase("Storage:ConnectionString=", "Storage:ConnectionString", "Data Source", TestName = "Start_NoConnectionString_IsRefused")]
    [TestCase("Storage:ConnectionString=Data Source=:memory:", "Storage:ConnectionString", "Data Source", TestName = "Start_DatabaseInMemory_IsRefused")]
    [TestCase("Marketplace:ExpireTimeOffset=15:00:00", "Marketplace:ExpireTimeOffset", "08:00:00", TestName = "Start_LargeExpireTimeOffset_IsRefused")]
    [TestCase("Marketplace:ExpireTimeOffset=Beijing", "Marketplace:ExpireTimeOffset", "hours:minutes:seconds", TestName = "Start_ExpireTimeOffsetNoTimeSpan_IsRefused")]
    [TestCase("Products:0:Id=", "Products:0:Id", "1 to 64", TestName = "Start_ProductWithoutId_IsRefused")]
    [TestCase("Products:1:Id=other", "Products:1:MarketplaceProductIds", "Name the product ids", TestName = "Start_ProductThatNobodyCanBuy_IsRefused")]
    [TestCase("Products:0:GracePeriod=16.00:00:00", "Products:0:GracePeriod", "0 to 15 days", TestName = "Start_LongGracePeriod_IsRefused")]
    [TestCase("Products:0:ExpiryTolerance=60.00:00:01", "Products:0:ExpiryTolerance", "0 to 60 days", TestName = "Start_LongExpiryTolerance_IsRefused")]
    [TestCase("Products:0:ExpiryTolerance=-00:00:01", "Products:0:ExpiryTolerance", "0 to 60 days", TestName = "Start_NegativeExpiryTolerance_IsRefused")]
    [TestCase("Products:0:ExpiryTolerance=00:00:00.5", "Products:0:ExpiryTolerance", "whole seconds", TestName = "Start_ExpiryToleranceOfHalfASecond_IsRefused")]
    [TestCase("Products:0:Activation=3", "Products:0:Activation", "Optional or Required", TestName = "Start_ActivationOfANumberThatIsNone_IsRefused")]
    [TestCase("Products:0:Activation=Perhaps", "Products:0:Activation", "Optional", TestName = "Start_ActivationThatIsNone_IsRefused")]
    [TestCase("Products:0:Usage=3", "Products:0:Usage", "None, Count or Ids", TestName = "Start_UsageOfANumberThatIsNone_IsRefused")]
    [TestCase("Products:0:Usage=Everything", "Products:0:Usage", "Count", TestName = "Start_UsageThatIsNone_IsRefused")]
    [TestCase("Products:0:ActivationLease=00:00:59", "Products:0:ActivationLease", "1 minute to 366 days", TestName = "Start_LeaseTooShort_IsRefused")]
    [TestCase("Products:0:ActivationLease=366.00:00:01", "Products:0:ActivationLease", "1 minute to 366 days", TestName = "Start_LeaseTooLong_IsRefused")]
    [TestCase("Products:0:ActivationLease=00:01:00.5", "Products:0:ActivationLease", "whole seconds", TestName = "Start_LeaseOfHalfASecond_IsRefused")]
    [TestCase("Products:0:ActivationLease=a day", "Products:0:ActivationLease", "days.hours:minutes:seconds", TestName = "Start_LeaseNoTimeSpan_IsRefused")]
    [TestCase("Licensee:LostDeviceAfter=23:59:59", "Licensee:LostDeviceAfter", "30.00:00:00", TestName = "Start_LostDeviceAfterTooShort_IsRefused")]
    [TestCase("Licensee:LostDeviceAfter=366.00:00:01", "Licensee:LostDeviceAfter", "30.00:00:00", TestName = "Start_LostDeviceAfterTooLong_IsRefused")]
    [TestCase("Licensee:LostDeviceAfter=a month", "Licensee:LostDeviceAfter", "days.hours:minutes:seconds", TestName = "Start_LostDeviceAfterNoTimeSpan_IsRefused")]
    [TestCase("Clock:HoldFor=1.00:00:01", "Clock:HoldFor", "00:10:00", TestName = "Start_ClockHoldForOfMoreThanADay_IsRefused")]
    [TestCase("Clock:HoldFor=-00:00:01", "Clock:HoldFor", "00:10:00", TestName = "Start_ClockHoldForBelowZero_IsRefused")]
    [TestCase("Expiry:Interval=abc", "Expiry:Interval", "00:01:00", TestName = "Start_ExpiryIntervalNoTimeSpan_IsRefused")]
    [TestCase("Expiry:Interval=", "Expiry:Interval", "00:01:00", TestName = "Start_ExpiryIntervalEmpty_IsRefused")]
    [TestCase("Expiry:Interval=02:00:00", "Expiry:Interval", "00:01:00", TestName = "Start_ExpiryIntervalOutOfRange_IsRefused")]
    [TestCase("Expiry:Enabled=maybe", "Expiry:Enabled", "true or false", TestName = "Start_ExpiryEnabledNoBoolean_IsRefused")]
    [TestCase("Licensee:RefreshesPerMinute=many", "Licensee:RefreshesPerMinute", "a whole number", TestName = "Start_RefreshesPerMinuteNoNumber_IsRefused")]
    [TestCase("Licensee:RefreshesPerMinute=99999999999", "Licensee:RefreshesPerMinute", "a whole number", TestName = "Start_RefreshesPerMinuteBeyondIntegers_IsRefused")]
    [TestCase("Licensee:RefreshesPerMinute=0", "Licensee:RefreshesPerMinute", "1 to 10000", TestName = "Start_RefreshesPerMinuteOutOfRange_IsRefused")]
    [TestCase("Telemetry:OtlpEndpoint=localhost:4318", "Telemetry:OtlpEndpoint", "http://localhost:4318", TestName = "Start_OtlpEndpointWithoutScheme_IsRefused")]
    [TestCase("Telemetry:OtlpEndpoint=https://user:secret@collector", "Telemetry:OtlpEndpoint", "OTEL_EXPORTER_OTLP_HEADERS", TestName = "Start_OtlpEndpointWithCredentials_IsRefused")]
    [TestCase("Products:0:DefaultPeriod=a year", "Products:0:DefaultPeriod", "days.hours:minutes:seconds", TestName = "Start_DefaultPeriodNoTimeSpan_IsRefused")]
    [TestCase("Products:0:GracePeriod=two weeks", "Products:0:GracePeriod", "days.hours:minutes:seconds", TestName = "Start_GracePeriodNoTimeSpan_IsRefused")]
    [TestCase("Products:0:DefaultPeriod=-1.00:00:00", "Products:0:DefaultPeriod", "above zero", TestName = "Start_NegativeDefaultPeriod_IsRefused")]
    [TestCase("Products:0:IncludeCustomerName=perhaps", "Products:0:IncludeCustomerName", "true or false", TestName = "Start_NoBoolean_IsRefused")]
    [TestCase("Products:0:Entitlements:a:b=1", "Products:0:Entitlements:a", "list of texts", TestName = "Start_EntitlementObject_IsRefused")]
    // "modules": [] in JSON arrived in codes as the text "".
    [TestCase("Products:0:Entitlements:modules=", "Products:0:Entitlements:modules", "Leave the entitlement out", TestName = "Start_EmptyEntitlementList_IsRefused")]
    public async Task Start_WrongSetting_IsRefused(string setting, string named, string remedy)
    {
        await AssertRefusedAsync([.. ProductionStart.Settings, setting], KeyFiles.Production, named, remedy);
    }

    [Test]
    public async Task Production_WithoutAccessKeys_IsRefused() => await AssertRefusedAsync(
        [.. ProductionStart.Settings.Where(setting => !setting.StartsWith("Marketplace:", StringComparison.Ordinal))],
        KeyFiles.Production,
        "Marketplace:AccessKeys",
        "Set Marketplace__AccessKeys__0");

    [Test]
    public async Task Production_WithoutProducts_IsRefused() => await AssertRefusedAsync(
        [.. ProductionStart.Settings.Where(setting => !setting.StartsWith("Products:", StringComparison.Ordinal))],
        KeyFiles.Production,
        "Products",
        "Products__0__Id");

    [Test]
    public async Task Production_WithDevelopmentKeys_IsRefused() => await AssertRefusedAsync(ProductionStart.Settings, KeyFiles.Development, "development key", "keys init");

    [Test]
    public async Task Production_WithoutKeys_IsRefused() => await AssertRefusedAsync(ProductionStart.Settings, KeyFiles.None, "Keys:Directory", "keys init");

    // Only Development is lenient: a name that is misspelled is taken for Production.
    [Test]
    public async Task Environment_OfAnyOtherName_IsAsStrictAsProduction([Values("Staging", "Develop")] string environment) => await AssertRefusedAsync(
        [$"environment={environment}"], KeyFiles.Development, "Products", "Products__0__Id");

    [Test]
    public async Task Products_SameMarketplaceIdTwice_IsRefused() => await AssertRefusedAsync(
        [.. ProductionStart.Settings, .. LicenseAuthorityApplication.Product(1, "other", "*")], KeyFiles.Production, "'*'", "two products");

    // The message ended in " (Parameter 'products')".
    [Test]
    public async Task Products_SameIdTwice_IsRefusedWithoutTheNameOfAParameter()
    {
        var refusal = await AssertRefusedAsync(
            [.. ProductionStart.Settings, .. LicenseAuthorityApplication.Product(1, "editor", "OTHER")], KeyFiles.Production, "'editor'", "twice");

        Assert.That(refusal.Message, Does.EndWith("comes twice."));
    }

    // Each order of such a product was answered 000005, after a start without complaint.
    // Some hundred characters too many, and less than the ids of a device take.
    [Test]
    public async Task Products_EntitlementsThatFitIntoACodeWithoutADevice_AreRefused() => await AssertRefusedAsync(
        [.. ProductionStart.Settings, $"Products:0:Entitlements:notice={new string('x', 5340)}"], KeyFiles.Production, "'editor'", "could have 8[23]\\d\\d characters");

    [Test]
    public async Task Products_EntitlementsThatDoNotFitIntoACode_AreRefused()
    {
        string[] many = [.. Enumerable.Range(0, 300).Select(i => $"Products:0:Entitlements:a-module-with-a-long-name-{i}=true")];

        await AssertRefusedAsync([.. ProductionStart.Settings, .. many], KeyFiles.Production, "'editor'", "8192.*Entitlements");
    }

    // The longest text that starts, to the character; a lease was the claim that nobody had thought of.
    [Test]
    public async Task Products_EntitlementsThatJustFit_ServeADeviceWithALeaseToo()
    {
        string[] SettingsWith(int length) => [.. ProductionStart.Settings, "Products:0:IncludeCustomerName=true", $"Products:0:Entitlements:notice={new string('x', length)}"];
        const int TooLong = 5340;
        var refusal = await AssertRefusedAsync(SettingsWith(TooLong), KeyFiles.Production, "'editor'", "could have \\d+ characters");
        var length = int.Parse(Regex.Match(refusal.Message, "could have (\\d+) characters").Groups[1].Value, CultureInfo.InvariantCulture);
        var fits = TooLong - ((((length - CodeText.MaximumLength) * 3) + 3) / 4);
        await using var app = await LicenseAuthorityApplication.StartAsync(SettingsWith(fits), keys: KeyFiles.Production);
        var order = await app.CallerWith("an-access-key-of-production").SendAsync(
            GetLicenseCall.For("CS1").With("amount", "9999999").With("expireTime", "99991231235959").With("customerName", new string('\u0001', 64)));
        var device = new Device(app, [.. Enumerable.Range(0, 8).Select(number => $"part {number}")]);

        var reply = await device.ActivateAsync(order.License!, lease: 3600, match: 7, product: "editor");

        var code = reply.Json.GetProperty("code").GetString();
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        Assert.That(code, Has.Length.InRange(CodeText.MaximumLength - 300, CodeText.MaximumLength));
        Assert.That(CodeText.Read(code, out _), Is.Not.Null);
    }

    // What starts can be sold, whatever the customer is called.
    [TestCase("\u0001")]
    [TestCase("\U0001F511", Description = "would be two escapes")]
    public async Task Products_EntitlementsThatJustFit_ServeTheLongestOrder(string character)
    {
        string[] many = [.. Enumerable.Range(0, 130).Select(i => $"Products:0:Entitlements:a-module-with-a-long-name-{i}=true")];
        await using var app = await LicenseAuthorityApplication.StartAsync([.. ProductionStart.Settings, .. many, "Products:0:IncludeCustomerName=true"], keys: KeyFiles.Production);

        var reply = await app.CallerWith("an-access-key-of-production").SendAsync(
            GetLicenseCall.For("CS1").With("amount", "9999999").With("expireTime", "99991231235959").With("customerName", string.Concat(Enumerable.Repeat(character, 64))));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(reply.License, Has.Length.InRange(7000, 8192));
    }

    [Test]
    public async Task Settings_WrongInTwoSections_AreBothNamed() => await AssertRefusedAsync(
        [.. ProductionStart.Settings, "Expiry:Interval=02:00:00", "Licensee:RefreshesPerMinute=0"], KeyFiles.Production, "Expiry:Interval", "Licensee:RefreshesPerMinute");

    [Test]
    public async Task Start_AfterAFailedStart_FindsNothingLocked()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(ProductionStart.Settings, keys: KeyFiles.Production);

        await Assert.ThatAsync(() => app.RestartAsync("Keys:Directory=elsewhere"), Throws.TypeOf<KeyException>());
        await app.RestartAsync();

        Assert.That((await app.CallerWith("an-access-key-of-production").SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Start_OnADatabaseInUse_IsRefused()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();

        await AssertRefusedAsync([$"Storage:ConnectionString=Data Source={app.DatabasePath}"], KeyFiles.Development, "Storage:ConnectionString", "(another process|process \\d+ .*) holds");

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Development_EmptyFolder_StartsWithKeysOfItsOwn()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(keys: KeyFiles.None);

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
        Assert.That(File.ReadAllText(Path.Combine(app.Folder, "keys", "roots.txt")), Does.Contain("la-root-1:"));
    }

    private static async Task<Exception> AssertRefusedAsync(string[] settings, KeyFiles keys, string named, string remedy)
    {
        Exception? refusal = null;
        try
        {
            await using var app = await LicenseAuthorityApplication.StartAsync(settings, keys: keys);
        }
        catch (Exception exception)
        {
            refusal = exception;
        }

        // These, and only these, are shown to the operator without a stack trace.
        Assert.That(
            refusal,
            Is.TypeOf<ConfigurationException>().Or.TypeOf<KeyException>().Or.TypeOf<StorageException>().Or.TypeOf<OptionsValidationException>());
        Assert.That(refusal!.Message, Does.Contain(named));
        Assert.That(refusal.Message, Does.Match(remedy));
        Assert.That(refusal.Message, Does.Not.Contain("secret@"));
        Assert.That(refusal.Message, Does.Not.Contain(KeyFiles.ProductionPassphrase).And.Not.Contain("an-access-key-of-production"));
        return refusal;
    }
}
