using LicenseAuthority.Marketplaces;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces;

/// <summary>The settings of seller accounts: what is wrong stops the start and names the setting, and no secret stands in the message.</summary>
internal sealed class AccountSettingsTests
{
    private const string Secret = "hunter2hunter2";

    [TestCase("Marketplace:Accounts:Shop:AccessKeys:0=x", "Marketplace:Accounts:Shop", "a-z and 0-9", TestName = "Start_AccountInCapitals_IsRefused")]
    [TestCase("Marketplace:Accounts:my-shop:AccessKeys:0=x", "Marketplace:Accounts:my-shop", "a-z and 0-9", TestName = "Start_AccountWithADash_IsRefused")]
    [TestCase("Marketplace:Accounts:abcdefghijklmnopqrstuvwxyz0123456:AccessKeys:0=x", "Marketplace:Accounts:abc", "1 to 32", TestName = "Start_AccountOf33Characters_IsRefused")]
    [TestCase("Marketplace:Accounts:default:AccessKeys:0=x", "Marketplace:Accounts:default", "directly", TestName = "Start_AccountCalledDefault_IsRefused")]
    [TestCase("Marketplace:Accounts:shop:OpenApi:Hosts:0=https://a.example", "Marketplace:Accounts:shop:AccessKeys", "Marketplace__Accounts__shop__AccessKeys__0", TestName = "Start_AccountWithoutKey_IsRefused")]
    [TestCase("Marketplace:Accounts:shop:AccessKeys:0=", "Marketplace:Accounts:shop:AccessKeys", "empty entry", TestName = "Start_AccountWithAnEmptyKey_IsRefused")]
    [TestCase($"Marketplace:Accounts:shop:AccessKeys:0={Secret}\t", "Marketplace:Accounts:shop:AccessKeys:0", "a tab", TestName = "Start_AccountsKeyWithATab_IsRefused")]
    [TestCase("Marketplace:Accounts:shop:AccessKeys:0=demo-access-key-not-for-production", "Marketplace:Accounts:shop:AccessKeys", "Replace it", TestName = "Start_AccountWithTheDemoKey_IsRefused")]
    [TestCase("Marketplace:Accounts:shop:AccessKeys:0=an-access-key-of-production", "Marketplace:Accounts:shop:AccessKeys", "Marketplace:AccessKeys too", TestName = "Start_KeyOfTheDefaultAccountInAnother_IsRefused")]
    [TestCase($"Marketplace:Accounts:shop:AccessKeys:0={Secret}|Marketplace:Accounts:store:AccessKeys:0={Secret}", "Marketplace:Accounts:store:AccessKeys", "Marketplace:Accounts:shop:AccessKeys too", TestName = "Start_KeyInTwoAccounts_IsRefused")]
    [TestCase("Marketplace:OpenApi:AccessKeyId=AK", "Marketplace:OpenApi:SecretAccessKey", "both", TestName = "Start_AccessKeyIdWithoutSecret_IsRefused")]
    [TestCase($"Marketplace:OpenApi:SecretAccessKey={Secret}", "Marketplace:OpenApi:AccessKeyId", "both", TestName = "Start_SecretWithoutAccessKeyId_IsRefused")]
    [TestCase($"Marketplace:Accounts:shop:AccessKeys:0=x|Marketplace:Accounts:shop:OpenApi:SecretAccessKey={Secret}", "Marketplace:Accounts:shop:OpenApi:AccessKeyId", "both", TestName = "Start_AccountsSecretWithoutAccessKeyId_IsRefused")]
    [TestCase($"Marketplace:OpenApi:AccessKeyId=AK|Marketplace:OpenApi:SecretAccessKey= {Secret}", "Marketplace:OpenApi:SecretAccessKey", "a blank", TestName = "Start_SecretWithABlank_IsRefused")]
    [TestCase($"Marketplace:OpenApi:AccessKeyId=A,B=c|Marketplace:OpenApi:SecretAccessKey={Secret}", "Marketplace:OpenApi:AccessKeyId", "character", TestName = "Start_AccessKeyIdBreaksItsHeader_IsRefused")]
    [TestCase("Marketplace:OpenApi:Hosts:0=http://mkt.example.com", "Marketplace:OpenApi:Hosts:0", "loopback", TestName = "Start_HostOverHttp_IsRefused")]
    [TestCase("Marketplace:OpenApi:Hosts:1=mkt.example.com", "Marketplace:OpenApi:Hosts:", "https address", TestName = "Start_HostWithoutScheme_IsRefused")]
    [TestCase("Marketplace:OpenApi:Hosts:0=https://mkt.example.com/api", "Marketplace:OpenApi:Hosts:0", "path", TestName = "Start_HostWithAPath_IsRefused")]
    [TestCase($"Marketplace:OpenApi:Hosts:0=https://me:{Secret}@mkt.example.com", "Marketplace:OpenApi:Hosts:0", "user", TestName = "Start_HostWithAUser_IsRefused")]
    [TestCase("Marketplace:OpenApi:Hosts:0=", "Marketplace:OpenApi:Hosts:0", "https address", TestName = "Start_HostEmpty_IsRefused")]
    [TestCase("Marketplace:Accounts:shop:AccessKeys:0=x|Marketplace:Accounts:shop:OpenApi:Hosts:0=ftp://a.example", "Marketplace:Accounts:shop:OpenApi:Hosts:0", "https address", TestName = "Start_AccountsHostOverFtp_IsRefused")]
    [TestCase(
        "Marketplace:Accounts:shop:AccessKeys:0=x|Marketplace:Accounts:shop:Products:0:Id=editor|Marketplace:Accounts:shop:Products:0:MarketplaceProductIds:0=A|Marketplace:Accounts:shop:Products:0:GracePeriod=1.00:00:00",
        "Marketplace:Accounts:shop:Products", "in Products", TestName = "Start_SameProductWithOtherSettings_IsRefused")]
    [TestCase(
        "Marketplace:Accounts:shop:AccessKeys:0=x|Marketplace:Accounts:shop:Products:0:Id=viewer|Marketplace:Accounts:shop:Products:0:MarketplaceProductIds:0=A|Marketplace:Accounts:shop:Products:0:GracePeriod=two weeks",
        "Marketplace:Accounts:shop:Products:0:GracePeriod", "days.hours:minutes:seconds", TestName = "Start_AccountsProductWithAWrongTimeSpan_IsRefused")]
    [TestCase(
        "Marketplace:Accounts:shop:AccessKeys:0=x|Marketplace:Accounts:shop:Products:0:Id=viewer",
        "Marketplace:Accounts:shop:Products:0:MarketplaceProductIds", "nobody could buy", TestName = "Start_AccountsProductThatNobodyCanBuy_IsRefused")]
    public async Task Start_WrongAccount_NamesTheSetting(string settings, string named, string remedy)
    {
        var message = await ProductionStart.RefusalAsync([.. ProductionStart.Settings, .. settings.Split('|')]);

        Assert.That(message, Does.Contain(named).And.Contain(remedy).And.Not.Contain(Secret));
    }

    [TestCase("Marketplace:OpenApi:SecretKey=x", "Marketplace:OpenApi:SecretAccessKey?")]
    [TestCase("Marketplace:OpenApi=x", "Marketplace:OpenApi:")]
    [TestCase("Marketplace:Accounts=x", "Marketplace:Accounts:")]
    [TestCase("Marketplace:Accounts:shop=x", "Marketplace:Accounts:shop:")]
    [TestCase("Marketplace:Accounts:shop:AccesKeys:0=x", "Marketplace:Accounts:shop:AccessKeys:0?")]
    [TestCase("Marketplace:Accounts:shop:OpenApi:AccessKey=x", "Marketplace:Accounts:shop:OpenApi:AccessKeyId?")]
    [TestCase("Marketplace:Accounts:shop:Products:1:ID=x|Marketplace:Accounts:shop:Products:1:MarketplaceProductId=x", "Marketplace:Accounts:shop:Products:1:MarketplaceProductIds:0?")]
    public async Task Start_UnknownSettingOfAnAccount_NamesTheNearest(string settings, string nearest)
    {
        var unknown = settings.Split('|');

        Assert.That(await ProductionStart.RefusalAsync([.. ProductionStart.Settings, .. unknown]), Does.Contain($"There is no setting {unknown[^1].Split('=')[0]} (").And.Contain("did you mean " + nearest));
    }

    [Test]
    public async Task Accounts_WithAndWithoutSettingsOfTheirOwn_AreRead()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
        [
            "Marketplace:AccessKeys:0=first", "Marketplace:AccessKeys:1=second", "Marketplace:OpenApi:Hosts:0=https://mkt.example.com",
            "Marketplace:OpenApi:AccessKeyId=AK", $"Marketplace:OpenApi:SecretAccessKey={Secret}",
            "Marketplace:Accounts:shop:AccessKeys:0=third",
            "Marketplace:Accounts:store:AccessKeys:0=fourth", "Marketplace:Accounts:store:OpenApi:Hosts:0=http://127.0.0.1:8443",
            "Marketplace:Accounts:store:Products:0:Id=viewer", "Marketplace:Accounts:store:Products:0:MarketplaceProductIds:0=OFFI2",
            "Marketplace:Accounts:store:Products:0:Entitlements:seats=5",
            .. LicenseAuthorityApplication.Product(0, "editor", "OFFI1"),
        ]);
        var accounts = app.Services.GetRequiredService<SellerAccounts>();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(accounts.All.Select(account => (account.Name, account.Path)), Is.EqualTo(
            [
                ("default", "/marketplace/koogallery"), ("shop", "/marketplace/koogallery/shop"), ("store", "/marketplace/koogallery/store"),
            ]));
            Assert.That(accounts.All.Select(account => account.AccessKeys.Count), Is.EqualTo([2, 1, 1]));
            Assert.That(accounts.All.Select(account => account.OpenApi.IsConfigured), Is.EqualTo([true, false, false]), "AK and SK are never inherited");
            Assert.That(accounts.All.Select(account => account.OpenApi.Hosts.Single().AbsoluteUri), Is.EqualTo(
                ["https://mkt.example.com/", "https://mkt.example.com/", "http://127.0.0.1:8443/"]));
            Assert.That(accounts.All.Select(account => account.Products.All.Single().Id), Is.EqualTo(["editor", "editor", "viewer"]));
            Assert.That(accounts.Products.Find("default", "viewer"), Is.Not.Null, "what one account sells is the product of that id wherever a license has it");
            Assert.That(accounts.Products.FindByMarketplaceId("default", "OFFI2"), Is.Null);
            Assert.That(accounts.All.SelectMany(account => account.AccessKeys).Select(key => key.ToString()), Has.All.Match("^access key [0-9a-f]{8} of account"));
        }
    }

    [Test]
    public async Task Hosts_NotSet_AreTheMarketplacesOwn()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();

        Assert.That(
            app.Services.GetRequiredService<SellerAccounts>().All.Single().OpenApi.Hosts.Select(host => host.AbsoluteUri),
            Is.EqualTo(["https://mkt.myhuaweicloud.com/", "https://mkt.myhuaweicloud.cn/"]));
    }
}
