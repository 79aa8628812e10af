using System.Text.Json;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.OpenApi;

/// <summary>Every call of the open API is in the journal, with the marketplace's own code, and without what may not be kept.</summary>
[OnEveryDatabase]
internal sealed class RecordedOpenApiTests
{
    private const string OrderId = "CS2611240315DEMO1";
    private const string Buyer = "测试 客户";

    // The form of a license code.
    private const string Code = "eyJhbGciOiJFZERTQSIsInR5cCI6ImxpY2Vuc2Urand0In0.eyJzdWIiOiJsaWNfMSIsImF1ZCI6ImVkaXRvciJ9.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU";

    private OpenApiServer _server = null!;
    private LicenseAuthorityApplication _app = null!;

    private RecordedOpenApi OpenApi => _app.Services.GetRequiredService<RecordedOpenApi>();

    private SellerAccount Account => _app.Services.GetRequiredService<SellerAccounts>().All[0];

    [SetUp]
    public async Task StartAsync()
    {
        _server = await OpenApiServer.StartAsync();
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. _server.Settings]);
        _server.Follow(_app.Time);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _app.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task QueryOrder_IsKept_WithoutTheBuyersNameAndOurKeys()
    {
        _server.AddOrder(OrderId, "OFFI1", customerName: Buyer);
        await OpenApi.QueryOrderAsync(Account, test: true, OrderId, OrderId + "-000001", "lic_1", Patience.Length, CancellationToken.None);

        var call = (await _app.CallsAsync()).Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Words(call), Is.EqualTo($"out default queryOrder True {OrderId} {OrderId}-000001 lic_1 MKT.0000 200"));
            Assert.That(call.GetProperty("request").GetRawText(), Is.EqualTo($$"""{"orderId":"{{OrderId}}","orderLineId":"{{OrderId}}-000001"}"""));
            Assert.That(call.GetProperty("answer").GetProperty("orderInfo").GetProperty("buyerInfo").GetRawText(), Is.EqualTo("""{"customerId":"customer-1"}"""));
            Assert.That(call.GetRawText(), Does.Not.Contain(Buyer).And.Contain("OFFI1"));
            Assert.That(call.GetRawText(), Does.Not.Contain(OpenApiServer.AccessKeyId).And.Not.Contain(OpenApiServer.SecretAccessKey));
        }

        Assert.That(await OpenApiOfAccountAsync(), Is.EqualTo($$"""{"configured":true,"hosts":["{{_server.Url}}"],"lastSuccessAt":"2026-06-01T00:00:00Z","lastError":null}"""));
    }

    // Both ways of one order: what the marketplace asked, and what it was asked.
    [Test]
    public async Task NewInstance_AndItsQuestionForTheOrder_AreKeptUnderTheOrderAndItsInstance()
    {
        _server.AddOrder(OrderId, "OFFI1", customerName: Buyer, linearValue: "5");
        var reply = await _app.MarketplaceV2.SendAsync(V2Call.Of(
            "newInstance", ("orderId", OrderId), ("orderLineId", OrderId + "-000001"), ("businessId", "b-1"), ("testFlag", "1")));

        var calls = await _app.CallsAsync("?orderId=" + OrderId);

        Assert.That(calls.ConvertAll(Words), Is.EquivalentTo(
        [
            $"in default newInstance True {OrderId} {OrderId}-000001 {reply.InstanceId} 000000 200",
            $"out default queryOrder True {OrderId} {OrderId}-000001 {reply.InstanceId} MKT.0000 200",
        ]));
        Assert.That(string.Concat(calls.Select(call => call.GetRawText())), Does.Not.Contain(Buyer));
    }

    [Test]
    public async Task Upload_IsKept_WithTheEndOfTheCode_AndCanBeSentAgain([Values(1, 40)] int times)
    {
        var code = string.Concat(Enumerable.Repeat(Code.Split('.')[0], times)) + "." + Code.Split('.', 2)[1];
        await OpenApi.UploadLicenseAsync(Account, test: false, new LicenseUpload("event-1", "lic_1", code) { OrderId = OrderId }, "msg_1", Patience.Length, CancellationToken.None);

        var call = (await _app.CallsAsync()).Single();

        Assert.That(Words(call), Is.EqualTo($"out default uploadLicense False {OrderId} - lic_1 CBC.0000 200"));
        Assert.That(call.GetProperty("request").GetRawText(), Is.EqualTo(
            times == 1
                ? $$"""{"eventId":"event-1","type":"CHARACTERS","characters":"…{{Code[^4..]}}"}"""
                : $$"""{"eventId":"event-1","type":"FILE","file":"…{{Code[^4..]}}"}"""));
        Assert.That(_app.Query("SELECT message_id FROM marketplace_calls"), Is.EqualTo(new object[] { "msg_1" }));
    }

    [Test]
    public async Task Call_ThatIsRefusedOrNotAnswered_IsKeptWithWhy_AndShownWithTheAccount()
    {
        _server.AddOrder(OrderId, "OFFI1");
        await OpenApi.QueryOrderAsync(Account, test: false, OrderId, null, null, Patience.Length, CancellationToken.None);
        _app.Time.Advance(TimeSpan.FromSeconds(70));
        (Func<Microsoft.AspNetCore.Http.HttpContext, Task> Fault, string Expected)[] faults =
        [
            (OpenApiServer.Refuse, "CBC.0150 403 Illegal operation"),
            (OpenApiServer.With(200, "<html>" + Buyer + "</html>", "text/html"), "- 200 HTTP 200, and the answer is no JSON"),
            (OpenApiServer.CloseAsync, "- - "),
            (OpenApiServer.AnotherOrder, "MKT.0000 200 Success"),
        ];
        foreach (var (fault, expected) in faults)
        {
            _server.Fault = fault;
            await OpenApi.QueryOrderAsync(Account, test: false, OrderId, null, null, Patience.Length, CancellationToken.None);

            var call = (await _app.CallsAsync("?limit=1"))[0];
            Assert.That($"{Word(call, "resultCode")} {Word(call, "httpStatus")} {Word(call, "resultMsg")}", Does.StartWith(expected));
            Assert.That(call.GetRawText(), Does.Not.Contain(Buyer).And.Contain($$""" "request":{"orderId":"{{OrderId}}"}""".TrimStart()));
            Assert.That(await OpenApiOfAccountAsync(), Does.Contain("""lastSuccessAt":"2026-06-01T00:00:00Z","lastError":"127.0.0.1"""), expected);
            _app.Time.Advance(TimeSpan.FromSeconds(1));
        }

        _server.Fault = null;
        await OpenApi.QueryOrderAsync(Account, test: false, OrderId, null, null, Patience.Length, CancellationToken.None);
        Assert.That(await _app.CallsAsync("?direction=out&activity=queryOrder&limit=2"), Has.Count.EqualTo(6));
        Assert.That(await OpenApiOfAccountAsync(), Does.Contain("""lastSuccessAt":"2026-06-01T00:01:00Z","lastError":null"""));
    }

    private async Task<string> OpenApiOfAccountAsync()
    {
        await _app.WriteCallsAsync();
        return (await _app.Admin.ListAsync("marketplace/accounts")).Single().GetProperty("openApi").GetRawText();
    }

    private static string Words(JsonElement call) =>
        $"{Word(call, "direction")} {Word(call, "account")} {Word(call, "activity")} {Word(call, "test")} {Word(call, "orderId")} {Word(call, "orderLineId")} "
        + $"{Word(call, "instanceId")} {Word(call, "resultCode")} {Word(call, "httpStatus")}";

    private static string Word(JsonElement call, string name) => call.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : "-";
}
