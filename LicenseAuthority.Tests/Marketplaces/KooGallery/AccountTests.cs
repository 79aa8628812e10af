using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>Several seller accounts at one service: each has its path, its keys, its products and its licenses.</summary>
[OnEveryDatabase]
internal sealed class AccountTests
{
    private const string FirstKey = "the-first-key-of-default";
    private const string ShopKey = "a-key-of-shop";

    private static readonly string[] Settings =
    [
        $"Marketplace:AccessKeys:0={FirstKey}", $"Marketplace:Accounts:shop:AccessKeys:0={ShopKey}", "Marketplace:Accounts:shop:AccessKeys:1=another-key-of-shop",
        .. LicenseAuthorityApplication.Product(0, "editor", "OFFI1"),
        "Marketplace:Accounts:shop:Products:0:Id=viewer", "Marketplace:Accounts:shop:Products:0:MarketplaceProductIds:0=OFFI1",
        "Marketplace:Accounts:shop:Products:0:IncludeCustomerName=true",
    ];

    [Test]
    public async Task Order_WithTheSameIdInTwoAccounts_IsTwoLicensesOfWhatEachSells()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);
        var call = GetLicenseCall.For("CS1").With("productId", "OFFI1");

        var first = await app.CallerWith(FirstKey).SendAsync(call);
        var shop = await app.CallerWith(ShopKey, "shop").SendAsync(call);

        Assert.That(first.ResultCode, Is.EqualTo("000000"), first.ResultMessage);
        Assert.That(shop.ResultCode, Is.EqualTo("000000"), shop.ResultMessage);
        Assert.That(shop.InstanceId, Is.Not.EqualTo(first.InstanceId));
        Assert.That(app.Check(first.License, "editor").License!.CustomerName, Is.Null);
        Assert.That(app.Check(shop.License, "viewer").License!.CustomerName, Is.Not.Null, "the code has what the account's product says");
        Assert.That(await app.Admin.ListIdsAsync("licenses?account=shop"), Is.EqualTo([shop.InstanceId]));
        Assert.That(await app.Admin.ListIdsAsync("licenses?account=default"), Is.EqualTo([first.InstanceId]));
        Assert.That(await app.Admin.ListIdsAsync("licenses?account=none"), Is.Empty);
        using var shown = await app.AdminAsync($"/admin/v1/licenses/{shop.InstanceId}");
        Assert.That(JsonElement.Parse(await shown.Content.ReadAsStringAsync()).GetProperty("account").GetString(), Is.EqualTo("shop"));
    }

    [Test]
    public async Task Call_OnAnotherAccountsPath_IsNotAuthenticatedAndSignedWithThatAccountsFirstKey()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);

        var reply = await app.CallerWith(FirstKey, "shop").SendRawAsync(app.CallerWith(FirstKey).SignedQuery(GetLicenseCall.For("CS1").Parameters), ShopKey);

        Assert.That(reply.ResultCode, Is.EqualTo("000001"));
        Assert.That(app.CountRows(), Does.Contain("licenses 0"));
    }

    [Test]
    public async Task Call_OnAnInstanceOfAnotherAccount_000003()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);
        var sold = await app.CallerWith(FirstKey).SendAsync(GetLicenseCall.For("CS1").With("productId", "OFFI1"));

        var reply = await app.CallerWith(ShopKey, "shop").SendAsync(InstanceCall.Release(sold.InstanceId!, "CS1"));

        Assert.That(reply.ResultCode, Is.EqualTo("000003"));
        Assert.That((await app.CallerWith(FirstKey).SendAsync(InstanceCall.Release(sold.InstanceId!, "CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [TestCase("/marketplace/koogallery/none")]
    [TestCase("/marketplace/koogallery/default")]
    [TestCase("/marketplace/koogallery/Shop")]
    public async Task Path_OfNoAccount_IsAProblem(string path)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);

        using var response = await app.Client.GetAsync(new Uri($"{path}?{app.CallerWith(FirstKey).SignedQuery(GetLicenseCall.For("CS1").Parameters)}", UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(response.Headers.Contains("Body-Sign"), Is.False);
    }

    [TestCase("PUT", "/marketplace/koogallery")]
    [TestCase("DELETE", "/marketplace/koogallery/shop")]
    public async Task Method_NotServed_IsAProblemThatNamesThoseThatAre(string method, string path)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await app.Client.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(["GET", "POST"]));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    // Whoever tried an address with "curl -X get" was answered 000005, with a stack trace in the log.
    [TestCase("get")]
    [TestCase("post")]
    public async Task Method_InSmallLetters_IsServedAsInCapitals(string method)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(Settings);
        var address = new Uri(app.Addresses.First());
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();

        // HttpClient writes the methods that it knows in capitals.
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {MarketplaceCaller.Path}?nonce=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync();

        Assert.That(answer, Does.Contain("200 OK").And.Contain("000001").And.Contain("Body-Sign"));
        Assert.That(app.Logs.Lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Message), Is.Empty);
    }

    // Only another account's key lets the top level have none, and only outside Development.
    [Test]
    public async Task DefaultAccount_WithoutKeys_HasNoPath()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["environment=Production", $"Marketplace:Accounts:shop:AccessKeys:0={ShopKey}", $"Keys:Passphrase={KeyFiles.ProductionPassphrase}", .. LicenseAuthorityApplication.Product(0, "editor", "*")],
            keys: KeyFiles.Production);

        using var response = await app.Client.GetAsync(new Uri(MarketplaceCaller.Path, UriKind.Relative));
        var reply = await app.CallerWith(ShopKey, "shop").SendAsync(GetLicenseCall.For("CS1"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }
}
