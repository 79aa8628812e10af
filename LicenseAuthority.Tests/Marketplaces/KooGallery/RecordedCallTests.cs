using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>Every authenticated call of the marketplace is in the journal, however it was answered, and holds nothing that may not be kept.</summary>
[OnEveryDatabase]
internal sealed class RecordedCallTests
{
    private const string UnknownLicense = "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB";
    private const string Name = "R&D 一号店 +1";

    private static readonly string[] Members =
        ["direction", "account", "activity", "test", "orderId", "orderLineId", "instanceId", "resultCode", "resultMsg", "httpStatus"];

    [Test]
    public async Task Purchase_IsKept_WithoutTokenNameAndCode()
    {
        await using var app = await StartAsync();
        var purchase = GetLicenseCall.For("CS1").With("customerName", Name).With("testFlag", "1");
        var reply = await app.Marketplace.SendAsync(purchase);

        var call = (await app.CallsAsync()).Single();

        var text = call.GetRawText();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Words(call), Is.EqualTo($"in default getLicense True CS1 - {reply.InstanceId} 000000 success. 200"));
            Assert.That(call.GetProperty("request").EnumerateObject().Select(member => member.Name), Is.EqualTo(
                purchase.Parameters.Select(parameter => parameter.Key).Except(["customerName"]).Order(StringComparer.Ordinal)));
            Assert.That(call.GetProperty("answer").GetRawText(), Is.EqualTo(
                $$"""{"resultCode":"000000","resultMsg":"success.","license":"…{{reply.License![^4..]}}","instanceId":"{{reply.InstanceId}}"}"""));
            Assert.That(text, Does.Not.Contain(Name).And.Not.Contain("authToken").And.Not.Contain(reply.License![..30]).And.Not.Contain(reply.License!.Split('.')[1]));
            Assert.That(text, Does.Not.Contain(app.Marketplace.Token(purchase.Parameters)));
            Assert.That(string.Join(' ', app.Query("SELECT concat_ws(' ', result_msg, request, answer) FROM marketplace_calls")), Does.Not.Contain(Name));
        }
    }

    [Test]
    public async Task Calls_AnsweredInAnyWay_AreKept_AndThoseOfStrangersAreNot()
    {
        await using var app = await StartAsync();
        async Task ThenAsync(Task<MarketplaceReply> call)
        {
            await call;
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await ThenAsync(app.Marketplace.SendAsync(GetLicenseCall.For("CS1")));
        await ThenAsync(app.Marketplace.SendAsync(GetLicenseCall.For("CS1")));
        await ThenAsync(app.Marketplace.SendAsync(GetLicenseCall.For("CS2").With("amount", "many")));
        await ThenAsync(app.Marketplace.SendAsync(GetLicenseCall.For("CS3").With("activity", "inventedCall")));
        await ThenAsync(app.Marketplace.SendAsync(GetLicenseCall.For("CS4").Without("activity")));
        await ThenAsync(app.Marketplace.SendAsync(GetLicenseCall.For("CS5").AndAlso("amount", "6")));
        await ThenAsync(app.Marketplace.SendAsync(InstanceCall.Release(UnknownLicense, "CS6")));
        await ThenAsync(app.CallerWith("a wrong key").SendRawAsync("activity=getLicense&authToken=x", LicenseAuthorityApplication.DemoAccessKey));
        await ThenAsync(app.CallerWith("a wrong key").SendRawAsync("activity=%FF", LicenseAuthorityApplication.DemoAccessKey));

        var calls = await app.CallsAsync();
        calls.Reverse();

        var license = calls[0].GetProperty("instanceId").GetString();
        Assert.That(
            calls.ConvertAll(Words),
            Is.EqualTo(
            [
                $"in default getLicense False CS1 - {license} 000000 success. 200",
                $"in default getLicense False CS1 - {license} 000000 success. 200",
                "in default getLicense False CS2 - - 000002 the parameter amount must be a whole number from 1 to 9999999 200",
                "in default inventedCall False CS3 - - 000002 the activity 'inventedCall' is unknown 200",
                "in default  False CS4 - - 000002 the parameter activity is missing 200",
                "in default getLicense False CS5 - - 000002 the parameter 'amount' comes more than once 200",
                $"in default releaseLicense False CS6 - {UnknownLicense} 000003 there is no instance with this instanceId 200",
            ]));
        Assert.That(calls.ConvertAll(call => call.GetProperty("at").GetDateTimeOffset()), Is.Ordered.Ascending);
    }

    [Test]
    public async Task CallsOfV2_AreKept_WithoutTheirSignature_AlsoWhatCannotBeRead()
    {
        await using var app = await StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        V2Call[] sent =
        [
            V2Call.Status(license.Id, "FREEZE").With("customerName", Name).With("deviceFingerprint", "a device"), V2Call.Query(license.Id), V2Call.Release(UnknownLicense),
            V2Call.Of("inventedCall", ("orderLineId", "L-1"), ("orderId", 17), ("testFlag", "1")),
        ];
        foreach (var call in sent)
        {
            app.Time.Advance(TimeSpan.FromSeconds(1));
            await app.MarketplaceV2.SendAsync(call);
        }

        app.Time.Advance(TimeSpan.FromSeconds(1));
        await app.MarketplaceV2.SendAsync("[1,2,3]"u8.ToArray());
        app.Time.Advance(TimeSpan.FromSeconds(1));
        await app.MarketplaceV2.SendRawAsync("signature=x&timestamp=1&nonce=y", V2Call.Query(license.Id).Body);

        var calls = await app.CallsAsync("?from=2026-06-01T00:00:01Z");
        calls.Reverse();

        string[] expected =
        [
            $"in default updateInstanceStatus False - - {license.Id} 000000",
            $"in default queryInstance False - - {license.Id} 000000",
            $"in default releaseInstance False - - {UnknownLicense} 000003",
            "in default inventedCall True 17 L-1 - 000002",
            "in default  False - - - 000002",
        ];
        Assert.That(calls.ConvertAll(call => string.Join(' ', Words(call).Split(' ').Take(8))), Is.EqualTo(expected));
        Assert.That(calls[0].GetProperty("request").GetRawText(), Is.EqualTo(
            $$"""{"activity":"updateInstanceStatus","instanceId":"{{license.Id}}","status":"FREEZE","deviceFingerprint":"b135be3e959c50d6"}"""));
        Assert.That(calls[4].GetProperty("request").GetRawText(), Is.EqualTo("""{"unreadable":true,"bytes":7}"""));
        Assert.That(string.Concat(calls.Select(call => call.GetRawText())), Does.Not.Contain("signature").And.Not.Contain("nonce").And.Not.Contain(Name));
    }

    [Test]
    public async Task Call_ThatFailsForUs_IsKept_WithItsNumberAndDuration()
    {
        LicenseAuthorityApplication? service = null;
        await using var app = service = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new Failing(() => service!.Time.Advance(TimeSpan.FromMilliseconds(1234))))));
        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        var call = (await app.CallsAsync("?resultCode=000005")).Single();

        Assert.That(call.GetProperty("resultMsg").GetString(), Is.EqualTo(reply.ResultMessage).And.Contains("flt_"));
        Assert.That(call.GetProperty("durationMs").GetInt64(), Is.EqualTo(1234));
        Assert.That(call.GetProperty("at").GetDateTimeOffset(), Is.EqualTo(LicenseAuthorityApplication.Now), "when it began");
        Assert.That(call.GetRawText(), Does.Not.Contain("on purpose"));
    }

    [Test]
    public async Task Calls_OfAccounts_AreKeptApart_AndTellWhichKeysAreInUse()
    {
        await using var app = await StartAsync(
            "Marketplace:AccessKeys:0=old", "Marketplace:AccessKeys:1=new", "Marketplace:Accounts:shop:AccessKeys:0=key-of-shop",
            "Marketplace:Accounts:shop:OpenApi:AccessKeyId=AK-of-shop", "Marketplace:Accounts:shop:OpenApi:SecretAccessKey=SK-of-shop",
            "Marketplace:OpenApi:Hosts:0=https://mkt.example.com");
        await app.CallerWith("old").SendAsync(GetLicenseCall.For("CS1"));
        app.Time.Advance(TimeSpan.FromSeconds(130));
        await new MarketplaceCaller(app.Client, "key-of-shop", "shop").SendAsync(GetLicenseCall.For("CS2"));
        await app.CallerWith("key-of-shop").SendRawAsync(app.CallerWith("key-of-shop").SignedQuery(GetLicenseCall.For("CS3").Parameters), "old");

        Assert.That((await app.CallsAsync("?account=default")).ConvertAll(call => call.GetProperty("orderId").GetString()), Is.EqualTo(["CS1"]));
        Assert.That((await app.CallsAsync("?account=shop")).ConvertAll(call => call.GetProperty("orderId").GetString()), Is.EqualTo(["CS2"]));

        await app.RestartAsync();
        var reply = await app.Admin.GetAsync("marketplace/accounts");

        Assert.That(reply.Json.GetRawText(), Is.EqualTo(
            """{"items":["""
            + """{"name":"default","path":"/marketplace/koogallery","accessKeys":["""
            + """{"id":"cba06b57","lastUsedAt":"2026-06-01T00:00:00Z"},{"id":"11507a0e","lastUsedAt":null}],"""
            + """ "openApi":{"configured":false,"hosts":["https://mkt.example.com"],"lastSuccessAt":null,"lastError":null}},""".TrimStart()
            + """{"name":"shop","path":"/marketplace/koogallery/shop","accessKeys":[{"id":"625ec9a8","lastUsedAt":"2026-06-01T00:02:00Z"}],"""
            + """ "openApi":{"configured":true,"hosts":["https://mkt.example.com"],"lastSuccessAt":null,"lastError":null}}],"nextCursor":null}""".TrimStart()));
    }

    [Test]
    public async Task Accounts_PageByPage_AreAllOfThem_AndABadQueryIs400()
    {
        await using var app = await StartAsync("Marketplace:Accounts:b:AccessKeys:0=b", "Marketplace:Accounts:a:AccessKeys:0=a");

        Assert.That(
            (await app.Admin.ListAsync("marketplace/accounts?limit=1")).ConvertAll(account => account.GetProperty("name").GetString()), Is.EqualTo(["default", "a", "b"]));
        Assert.That((await app.Admin.GetAsync("marketplace/accounts?name=a")).Code, Is.EqualTo("bad-query"));
    }

    // One list for both, and the later use of a key, whoever saw it.
    [Test]
    public async Task Calls_OfTwoNodes_AreOneList_EachWithTheNodeThatAnswered()
    {
        await using var app = await StartAsync();
        if (!app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], beside: app);
        app.Time.Advance(TimeSpan.FromSeconds(70));
        await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"));
        await beside.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        await app.WriteCallsAsync();

        var calls = await beside.CallsAsync("?limit=1");

        Assert.That(calls.ConvertAll(call => call.GetProperty("orderId").GetString()), Is.EqualTo(["CS2", "CS1"]));
        Assert.That(calls.ConvertAll(call => call.GetProperty("node").GetString()), Is.EqualTo(
            [app.Services.GetRequiredService<NodeName>().Text, beside.Services.GetRequiredService<NodeName>().Text]).And.Unique);
        var key = (await app.Admin.ListAsync("marketplace/accounts")).Single().GetProperty("accessKeys")[0];
        Assert.That(key.GetProperty("lastUsedAt").GetString(), Is.EqualTo("2026-06-01T00:01:00Z"));
    }

    private static Task<LicenseAuthorityApplication> StartAsync(params string[] settings) => LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. settings]);

    private static string Words(JsonElement call) => string.Join(
        ' ', Members.Select(name => call.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : "-"));

    private sealed class Failing(Action before) : ILicenseSigner
    {
        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken)
        {
            before();
            throw new InvalidOperationException("on purpose");
        }
    }
}
