using LicenseAuthority.Commands;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>What is written where a setting is meant and is none, or has a character that nobody sees, stops the start.</summary>
internal sealed class SettingsTests
{
    // A \r at the end of the product id made every code WrongProduct, for good.
    [TestCase("Products:0:Id", "editor\r", "carriage return", TestName = "Start_ProductIdWithACarriageReturn_IsRefused")]
    [TestCase("Products:0:Id", " editor", "a blank", TestName = "Start_ProductIdWithABlank_IsRefused")]
    [TestCase("Products:0:Id", "\uFEFFeditor", "byte order mark", TestName = "Start_ProductIdWithAByteOrderMark_IsRefused")]
    [TestCase("Products:0:Id", "editor\u200B", "zero-width space", TestName = "Start_ProductIdWithAZeroWidthSpace_IsRefused")]
    [TestCase("Products:0:Id", "\u201Ceditor\u201D", "U\\+201C", TestName = "Start_ProductIdInTypographicQuotes_IsRefused")]
    [TestCase("Products:0:Id", "'editor'", "an apostrophe", TestName = "Start_ProductIdInQuotes_IsRefused")]
    [TestCase("Products:0:Id", "edi\u0000tor", "U\\+0000", TestName = "Start_ProductIdWithAControlCharacterInside_IsRefused")]
    [TestCase("Products:0:Id", "editor,viewer", "comma", TestName = "Start_ProductIdWithAComma_IsRefused")]
    [TestCase("Products:0:MarketplaceProductIds:1", "OFFI0001\n", "line feed", TestName = "Start_MarketplaceProductIdWithALineFeed_IsRefused")]
    [TestCase("Products:0:MarketplaceProductIds:1", "OFFI0001,OFFI0002", "comma", TestName = "Start_MarketplaceProductIdWithAComma_IsRefused")]
    [TestCase("Products:0:MarketplaceProductIds:1", "", "empty", TestName = "Start_MarketplaceProductIdEmpty_IsRefused")]
    [TestCase("Marketplace:AccessKeys:1", "hunter2hunter2\t", "a tab", TestName = "Start_AccessKeyWithATab_IsRefused")]
    [TestCase("Marketplace:AccessKeys:1", "\"hunter2hunter2\"", "quotation mark", TestName = "Start_AccessKeyInQuotes_IsRefused")]
    [TestCase("Marketplace:AccessKeys:1", "hunter2hunter2\u00A0", "no-break space", TestName = "Start_AccessKeyWithANoBreakSpace_IsRefused")]
    [TestCase("Admin:BootstrapApiKey", "\"hunter2hunter2hunter2hunter2hunter2\"", "quotation mark", TestName = "Start_AdminKeyInQuotes_IsRefused")]
    public async Task Start_TextWithACharacterThatNobodySees_IsRefused(string setting, string value, string character)
    {
        var message = await ProductionStart.RefusalAsync([.. ProductionStart.Settings, $"{setting}={value}"]);

        Assert.That(message, Does.Contain(setting).And.Match(character).And.Not.Contain("hunter2").And.Not.Contain('\r').And.Not.Contain('\n'));
    }

    // What stands inside an id is the vendor's business.
    [Test]
    public async Task Start_ProductIdWithABlankInside_Starts()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Products:0:Id=an editor's \u540D", "Products:0:MarketplaceProductIds:0=*"]);

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    // Each of them was the default, in silence.
    [TestCase("Expiry:Intervall=00:05:00", "Expiry:Interval?")]
    [TestCase("Admin:BootstrapKey=hunter2hunter2hunter2hunter2hunter2", "Admin:BootstrapApiKey?")]
    [TestCase("Expiry:enable=false", "Expiry:Enabled?")]
    [TestCase("Expiry:Interval:Value=hunter2", "Expiry:Interval?")]
    [TestCase("Marketplace:AccessKeys=hunter2", "Marketplace:AccessKeys:0?")]
    [TestCase("Marketplace:AccessKeys:0:Key=hunter2", "Marketplace:AccessKeys:0?")]
    [TestCase("Products:Id=hunter2", "Products:0:Id?")]
    [TestCase("Products:0=hunter2", "Products:0:Id?")]
    [TestCase("Products:1:ID=x|Products:1:MarketplaceProductId=hunter2", "Products:1:MarketplaceProductIds:0?")]
    [TestCase("Products:0:Entitlement:seats=5", "Products:0:Entitlements:*?")]
    [TestCase("Storage=hunter2", "Storage:")]
    [TestCase("Expirey:Interval=00:05:00", "Expiry:Interval?")]
    [TestCase("Publicurl2=http://hunter2", "PublicUrl?")]
    [TestCase("url=http://hunter2", "urls?")]
    public async Task Start_UnknownSetting_NamesTheNearestAndTheSource(string settings, string nearest)
    {
        var unknown = settings.Split('|');
        var name = unknown[^1].Split('=')[0];

        var message = await ProductionStart.RefusalAsync([.. ProductionStart.Settings, .. unknown]);

        Assert.That(message, Does.Contain($"There is no setting {name} (argument --{name})").And.Contain("did you mean " + nearest).And.Not.Contain("hunter2"));
    }

    [Test]
    public async Task Start_SettingsOfTheHost_AreNobodysBusiness()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Logging:LogLevel:Default=Error", "Kestrel:Limits:MaxConcurrentConnections=100", "AllowedHosts=*", "shutdownTimeoutSeconds=5", "OTEL_SERVICE_NAME=x"]);

        Assert.That((await app.Client.GetAsync(new Uri("/health/live", UriKind.Relative))).IsSuccessStatusCode, Is.True);
    }

    [Test]
    public void Check_UnknownInSeveralPlaces_NamesThemAll()
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(["--Expiry:Intervall=1", "--Outbox:Enabeld=false", "--colour=red"]).Build();

        var refusal = Assert.Throws<ConfigurationException>(() => KnownSettings.Check(configuration, SettingArguments.Read(["--colour=red"])));

        Assert.That(refusal!.Message, Does.Contain("Expiry:Intervall").And.Contain("Outbox:Enabeld").And.Contain("colour").And.Not.Contain("red "));
    }

    [Test]
    public void KnownSettings_AreThoseOfAllOptionsClasses() => Assert.That(
        KnownSettings.OptionsTypes,
        Is.EquivalentTo(typeof(KnownSettings).Assembly.GetTypes().Where(
                type => type.Name.EndsWith("Options", StringComparison.Ordinal)
                    && type.Namespace!.StartsWith(nameof(LicenseAuthority), StringComparison.Ordinal))));
}
