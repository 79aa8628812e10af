using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>A device shows the marketplace's code: it is activated there, once, and its license is issued here.</summary>
[OnEveryDatabase]
internal sealed class CodeActivationTests : OpenApiTests
{
    private const string Code = "PLACTIVATE0123456789";
    private const string OtherProduct = "OFFI-OTHER";

    private DateTimeOffset Now => App.Time.GetUtcNow();

    [Test]
    public async Task Activate_NewCode_LicenseOfTheOrderAndACodeForTheDevice()
    {
        OpenApi.AddOrder("CS-A-1", "OFFI000000000000000001", customerId: "customer-7", customerName: "Buyer 7");
        OpenApi.AddCode(Code, orderId: "CS-A-1", amount: 3, expireTime: InstanceCall.Text(Now.AddDays(365)));
        var device = new Device(App, "board-1");

        var reply = await device.ActivateAsync($" {Code[..5]} {Code[5..]}\r\n", name: "Reception");

        var code = reply.Json.GetProperty("code").GetString();
        var license = await ShowAsync();
        string[] members = ["id", "code", "state", "statusList"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            Assert.That(reply.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(members));
            Assert.That(device.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(new Device(App, "board-2").Check(code).Outcome, Is.EqualTo(LicenseOutcome.WrongDevice));
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(3));
            Assert.That(license.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(365)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(license.GetProperty("test").GetBoolean(), Is.False);
            Assert.That(license.GetProperty("customer").GetProperty("marketplaceCustomerId").GetString(), Is.EqualTo("customer-7"));
            Assert.That(license.GetProperty("customer").GetProperty("name").GetString(), Is.EqualTo("Buyer 7"));
            Assert.That(license.GetProperty("marketplaceCode").GetProperty("last4").GetString(), Is.EqualTo("6789"));
            Assert.That(license.GetProperty("orders").EnumerateArray().Single().GetProperty("orderId").GetString(), Is.EqualTo("CS-A-1"));
            Assert.That(await EventsAsync(license), Is.EqualTo(["license.issued licensee activateLicenseCode CS-A-1", "license.activated licensee activate "]));
            Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
            Assert.That(await App.Admin.ListIdsAsync("licenses?marketplaceCode=" + Code), Is.EqualTo([license.GetProperty("id").GetString()]));
            Assert.That(App.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task Activate_MoreDevices_WithoutACallUntilNoSeatIsLeft()
    {
        OpenApi.AddCode(Code, amount: "2");
        await new Device(App, "a").PlacedAsync(Code);

        await new Device(App, "b").PlacedAsync(Code);
        var third = await new Device(App, "c").ActivateAsync(Code);
        var again = await new Device(App, "a").ActivateAsync(Code);

        Assert.That((third.Status, third.Code), Is.EqualTo((HttpStatusCode.Conflict, "no-seat-left")));
        Assert.That(again.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
    }

    [Test]
    public async Task Activate_TwoDevicesAtOnceWithANewCode_OneLicenseAndBothCounted()
    {
        OpenApi.AddCode(Code, amount: 2);

        var replies = await Task.WhenAll(new Device(App, "a").ActivateAsync(Code), new Device(App, "b").ActivateAsync(Code));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(replies.Select(reply => reply.Status), Is.All.EqualTo(HttpStatusCode.OK));
            Assert.That(App.Query("SELECT count(*) FROM licenses"), Is.EqualTo([1L]));
            Assert.That(App.Query("SELECT count(*) FROM activations"), Is.EqualTo([2L]));
            Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
        }
    }

    [Test]
    public async Task Activate_TwoCodesOfOneOrder_TwoLicenses()
    {
        OpenApi.AddCode(Code, orderId: "CS-TWO");
        OpenApi.AddCode(Code + "X", orderId: "CS-TWO");

        await new Device(App, "a").PlacedAsync(Code);
        await new Device(App, "a").PlacedAsync(Code + "X");

        Assert.That(await App.Admin.ListIdsAsync("licenses?orderId=CS-TWO"), Has.Count.EqualTo(2));
    }

    [TestCase("7", 7)]
    [TestCase(7, 7)]
    [TestCase(null, 1)]
    [TestCase("many", 1)]
    [TestCase(0, 1)]
    public async Task Activate_Amount_AsNumberOrText_WhatCannotBeReadIsOne(object? amount, int expected)
    {
        OpenApi.AddCode(Code, amount: amount switch { string text => text, int number => number, _ => (JsonNode?)null });

        await new Device(App, "a").PlacedAsync(Code);

        Assert.That((await ShowAsync()).GetProperty("quantity").GetInt32(), Is.EqualTo(expected));
    }

    [Test]
    public async Task Activate_OrderIsNotFound_TheOrderStandsForTheCustomer()
    {
        OpenApi.AddCode(Code, orderId: "CS-NOBODY");

        await new Device(App, "a").PlacedAsync(Code);

        Assert.That((await ShowAsync()).GetProperty("customer").GetProperty("marketplaceCustomerId").GetString(), Is.EqualTo("order:CS-NOBODY"));
    }

    [Test]
    public async Task Activate_DebugOrder_ATestLicense()
    {
        OpenApi.AddCode(Code, orderId: "MOCKPERIODYEARNEW");

        var reply = await new Device(App, "a").ActivateAsync(Code);

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await App.Admin.ListAsync("licenses?test=true"), Has.Count.EqualTo(1));
        Assert.That(await App.Admin.ListAsync("licenses"), Is.Empty);
    }

    [Test]
    public async Task Activate_UnknownCode_404AndRememberedForAnHour()
    {
        var first = await new Device(App, "a").ActivateAsync(Code);
        var again = await new Device(App, "a").ActivateAsync(Code);
        OpenApi.AddCode(Code);
        App.Time.Advance(TimeSpan.FromMinutes(61));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.Status, first.Code), Is.EqualTo((HttpStatusCode.NotFound, "unknown-code")));
            Assert.That((again.Status, again.Code), Is.EqualTo((HttpStatusCode.NotFound, "unknown-code")));
            Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
            Assert.That((await new Device(App, "a").ActivateAsync(Code)).Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(App.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task Activate_CodeNotReceived_409WithRetryAfterAndServedAfterAMinute()
    {
        var code = OpenApi.AddCode(Code);
        code.IsReceived = false;

        var (status, problem, retryAfter) = await PostAsync();
        code.IsReceived = true;
        var (early, _, _) = await PostAsync();
        App.Time.Advance(TimeSpan.FromSeconds(61));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((status, problem, retryAfter), Is.EqualTo((HttpStatusCode.Conflict, "code-not-received", TimeSpan.FromSeconds(60))));
            Assert.That(early, Is.EqualTo(HttpStatusCode.Conflict));
            Assert.That((await PostAsync()).Status, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("RELEASED")]
    [TestCase("EXPIRED")]
    public async Task Activate_OverThere_410AndNoLicense(string status)
    {
        OpenApi.AddCode(Code).Status = status;

        var reply = await new Device(App, "a").ActivateAsync(Code);

        Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.Gone, "code-over")));
        Assert.That(App.Query("SELECT count(*) FROM licenses"), Is.EqualTo([0L]));
        Assert.That(App.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
    }

    [Test]
    public async Task Activate_ReleasedHereBeforeAndAfter_410WithoutACall()
    {
        var code = new SoldCode(App, Code);
        OpenApi.AddCode(Code);
        await code.SendAsync(code.Release());
        var before = await new Device(App, "a").ActivateAsync(Code);

        var other = new SoldCode(App, Code + "X");
        OpenApi.AddCode(other.Text);
        await new Device(App, "a").PlacedAsync(other.Text);
        await other.SendAsync(other.Release());
        var after = await new Device(App, "b").ActivateAsync(other.Text);

        Assert.That((before.Status, before.Code), Is.EqualTo((HttpStatusCode.Gone, "code-over")));
        Assert.That((after.Status, after.Code), Is.EqualTo((HttpStatusCode.Gone, "code-over")));
        Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
    }

    [Test]
    public async Task Activate_CallsThatCameBefore_AreDoneWithTheLicense()
    {
        var code = new SoldCode(App, Code);
        OpenApi.AddCode(Code, expireTime: InstanceCall.Text(Now.AddDays(100)));
        await code.SendAsync(code.Refresh(Now.AddDays(300)), code.Status("FREEZE"));

        var reply = await new Device(App, "a").ActivateAsync(Code);

        var license = await ShowAsync();
        Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.Conflict, "state-does-not-allow")));
        Assert.That(license.GetProperty("state").GetString(), Is.EqualTo("Frozen"));
        Assert.That(license.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(300)).Within(TimeSpan.FromSeconds(1)));

        await code.SendAsync(code.Status("UNFREEZE"));
        Assert.That((await new Device(App, "a").ActivateAsync(Code)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Activate_CodeOfAnotherProductSoldHere_ItsLicenseIsIssuedAnd403()
    {
        await App.RestartAsync([.. LicenseAuthorityApplication.Product(0, Device.Product, "OFFI000000000000000001"), .. LicenseAuthorityApplication.Product(1, "other", OtherProduct)]);
        OpenApi.AddCode(Code, OtherProduct);

        var wrong = await new Device(App, "a").ActivateAsync(Code);
        var right = await new Device(App, "a").ActivateAsync(Code, product: "other");

        Assert.That((wrong.Status, wrong.Code), Is.EqualTo((HttpStatusCode.Forbidden, "wrong-product")));
        Assert.That(right.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
    }

    [Test]
    public async Task Activate_ProductNotSoldHere_UnservedAndServedOnceItIsConfigured()
    {
        await App.RestartAsync(LicenseAuthorityApplication.Product(0, Device.Product, "OFFI000000000000000001"));
        OpenApi.AddOrder("CS-NS", OtherProduct);
        OpenApi.AddCode(Code, OtherProduct, orderId: "CS-NS", amount: 4).RefusesSecondWith = "92020009";

        var first = await new Device(App, "a").ActivateAsync(Code);
        var again = await new Device(App, "a").ActivateAsync(Code);
        var entry = (await App.Admin.ListAsync("conflicts?kind=unserved")).Single();
        var health = await HealthAsync("marketplace");
        var alarms = App.Logs.Lines.Count(line => line.Level == LogLevel.Error && line.Message.StartsWith("ALARM", StringComparison.Ordinal));
        await App.RestartAsync([.. LicenseAuthorityApplication.Product(0, Device.Product, OtherProduct), .. OpenApi.Settings]);
        var served = await new Device(App, "a").ActivateAsync(Code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.Status, first.Code), Is.EqualTo((HttpStatusCode.Conflict, "product-unknown")));
            Assert.That(again.Code, Is.EqualTo("product-unknown"));
            Assert.That(entry.GetProperty("licenseId").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(entry.GetProperty("order").GetProperty("orderId").GetString(), Is.EqualTo("CS-NS"));
            Assert.That(entry.GetProperty("order").GetProperty("orderLineId").ValueKind, Is.EqualTo(JsonValueKind.Null), "the hash is not for people");
            Assert.That(health.Status, Is.EqualTo("Degraded"));
            Assert.That(alarms, Is.EqualTo(1));
            Assert.That(served.Status, Is.EqualTo(HttpStatusCode.OK), served.ToString());
            Assert.That((await ShowAsync()).GetProperty("quantity").GetInt32(), Is.EqualTo(4));
            Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]), "what was bought is known");
            Assert.That(await App.Admin.ListAsync("conflicts?kind=unserved"), Is.Empty);
        }
    }

    [Test]
    public async Task Activate_LostAnswer_503_TheNextTryAsksAndGoesOn()
    {
        OpenApi.AddCode(Code, amount: 2, expireTime: InstanceCall.Text(Now.AddDays(100)));
        OpenApi.LoseAnswer = static _ => OpenApiServer.CloseAsync;
        var (status, problem, retryAfter) = await PostAsync();
        OpenApi.LoseAnswer = null;

        var next = await new Device(App, "a").ActivateAsync(Code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((status, problem), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "marketplace-unavailable")));
            Assert.That(retryAfter, Is.GreaterThan(TimeSpan.Zero));
            Assert.That(next.Status, Is.EqualTo(HttpStatusCode.OK), next.ToString());
            Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate", "heartbeat", "activate"]));
            Assert.That((await ShowAsync()).GetProperty("quantity").GetInt32(), Is.EqualTo(2));
            Assert.That(App.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task Activate_LostAnswerAndNotActivatedThere_ActivatesAgain()
    {
        OpenApi.AddCode(Code);
        OpenApi.Fault = OpenApiServer.CloseAsync;
        Assert.That((await new Device(App, "a").ActivateAsync(Code)).Code, Is.EqualTo("marketplace-unavailable"));
        OpenApi.Fault = null;

        Assert.That((await new Device(App, "a").ActivateAsync(Code)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate", "heartbeat", "activate"]));
    }

    // What a second activation is refused with, no page says: by some of the words a code that was paid for was lost without trace.
    [TestCase("92020009")]
    [TestCase("92020002")]
    [TestCase("92020005")]
    [TestCase("92020004")]
    public async Task Activate_LostAnswerThatIsNotGivenAgain_OneOfTheProductThatWasAskedForAndAWarning(string refusal)
    {
        OpenApi.AddCode(Code, amount: 9, expireTime: InstanceCall.Text(Now.AddDays(100))).RefusesSecondWith = refusal;
        OpenApi.LoseAnswer = static _ => OpenApiServer.CloseAsync;
        await new Device(App, "a").ActivateAsync(Code);
        OpenApi.LoseAnswer = null;

        var next = await new Device(App, "a").ActivateAsync(Code);
        var license = await ShowAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(next.Status, Is.EqualTo(HttpStatusCode.OK), next.ToString());
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(1));
            Assert.That(license.GetProperty("customer").GetProperty("marketplaceCustomerId").GetString(), Does.Match("^code:[0-9a-f]{8}$"));
            Assert.That(license.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(100)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(App.Logs.Lines.Count(line => line.Level == LogLevel.Warning && line.Message.Contains("/admin/v1/marketplace/drift", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(App.Query("SELECT count(*) FROM marketplace_codes WHERE drift_since IS NOT NULL"), Is.EqualTo([1L]));
        }
    }

    // A message in GBK, as gateways write it, was a fault of ours, and what was said beside it was lost.
    [Test]
    public async Task Activate_AnswerIsNotUtf8_IsReadAllTheSame()
    {
        OpenApi.AddCode(Code);
        OpenApi.LoseAnswer = static _ => static async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync((byte[])[.. "{\"error_code\":\"92020005\",\"error_msg\":\""u8, 0xCA, 0xDA, 0xC8, 0xA8, .. "\"}"u8]);
        };

        var answer = await new Device(App, "a").ActivateAsync(Code);

        Assert.That((answer.Status, answer.Code), Is.EqualTo((HttpStatusCode.NotFound, "unknown-code")));
    }

    // As from a process that was killed between the two.
    [Test]
    public async Task Activate_BegunByAProcessThatIsGone_ItsClaimIsWaitedForThenItGoesOn()
    {
        OpenApi.AddCode(Code).RefusesSecondWith = "92020009";
        OpenApi.LoseAnswer = static _ => OpenApiServer.CloseAsync;
        await new Device(App, "a").ActivateAsync(Code);
        OpenApi.LoseAnswer = null;
        App.Change($"UPDATE code_activations SET claimed_until = {Now.AddSeconds(20).ToUnixTimeMilliseconds()}");

        var (status, problem, retryAfter) = await PostAsync();
        App.Time.Advance(TimeSpan.FromSeconds(21));

        Assert.That((status, problem, retryAfter), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "marketplace-unavailable", TimeSpan.FromSeconds(3))));
        Assert.That((await PostAsync()).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    // A process that was killed while it asked who has bought left nothing of what the marketplace says but once. Here nothing can be stored from that question on.
    [Test]
    public async Task Activate_KilledWhileTheOrderIsLookedUp_TheNextTryKnowsWhatWasBought()
    {
        OpenApi.AddOrder("CS-KILL", "OFFI000000000000000001", customerId: "customer-7", customerName: "Buyer 7");
        OpenApi.AddCode(Code, orderId: "CS-KILL", amount: 5, expireTime: InstanceCall.Text(Now.AddDays(100))).RefusesSecondWith = "92020009";
        OpenApi.Meanwhile = () =>
        {
            if (OpenApi.Calls.Last().Path.EndsWith("/order/query", StringComparison.Ordinal))
            {
                App.Change("ALTER TABLE orders RENAME TO orders_away");
                App.Change("ALTER TABLE code_activations RENAME TO code_activations_away");
            }

            return Task.CompletedTask;
        };
        var killed = await new Device(App, "a").ActivateAsync(Code);
        OpenApi.Meanwhile = null;
        App.Change("ALTER TABLE orders_away RENAME TO orders");
        App.Change("ALTER TABLE code_activations_away RENAME TO code_activations");
        App.Time.Advance(TimeSpan.FromSeconds(31));

        var next = await new Device(App, "a").ActivateAsync(Code);

        var license = await ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)killed.Status, Is.AtLeast(500));
            Assert.That(next.Status, Is.EqualTo(HttpStatusCode.OK), next.ToString());
            Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(5));
            Assert.That(license.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(100)).Within(TimeSpan.FromMinutes(1)));
            Assert.That(license.GetProperty("customer").GetProperty("marketplaceCustomerId").GetString(), Is.EqualTo("customer-7"));
            Assert.That(App.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task Activate_NoAnswerInTime_503()
    {
        OpenApi.AddCode(Code);
        OpenApi.Fault = OpenApiServer.HangAsync;
        var asked = PostAsync();
        await OpenApi.NextAsync();
        App.Time.Advance(TimeSpan.FromSeconds(3.1));

        Assert.That((await asked).Problem, Is.EqualTo("marketplace-unavailable"));
        Assert.That(App.Query("SELECT count(*) FROM licenses"), Is.EqualTo([0L]));
    }

    [TestCase("")]
    [TestCase("<html>busy</html>")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"error_code":"92020000","error_msg":"success"}""")]
    [TestCase("""{"error_code":"92020000","error_msg":"success","data":7}""")]
    [TestCase("""{"error_code":"92020000","error_msg":"success","data":{"license_code_info":"no JSON"}}""")]
    [TestCase("""{"error_code":"92020000","error_msg":"success","data":{"license_code_info":"[1]"}}""")]
    [TestCase("""{"error_code":"92020000","error_msg":"success","data":{"license_code_info":"{\"status\":\"ALIVE\",\"product_id\":\"OFFI1\"}"}}""")]
    [TestCase("""{"error_code":"92020000","error_msg":"success","data":{"license_code_info":"{\"status\":\"ASLEEP\",\"product_id\":\"OFFI1\",\"order_id\":\"CS1\"}"}}""")]
    [TestCase("""{"error_code":"92020000","error_msg":"success","data":{"license_code_info":"{\"license_code\":\"PLOTHER\",\"status\":\"ALIVE\",\"product_id\":\"OFFI1\",\"order_id\":\"CS1\"}"}}""")]
    public async Task Activate_AnswerThatIsNone_503AndNothingIsHalfStored(string body)
    {
        OpenApi.AddCode(Code);
        OpenApi.LoseAnswer = _ => OpenApiServer.With(200, body);
        var refused = await new Device(App, "a").ActivateAsync(Code);
        var tables = App.Query("SELECT (SELECT count(*) FROM licenses) + (SELECT count(*) FROM handles) + (SELECT count(*) FROM orders) + (SELECT count(*) FROM conflicts)");
        OpenApi.LoseAnswer = null;

        Assert.That((refused.Status, refused.Code), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "marketplace-unavailable")));
        Assert.That(tables, Is.EqualTo([0L]));
        Assert.That((await new Device(App, "a").ActivateAsync(Code)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase(403, "92020001", "Degraded")]
    [TestCase(500, "92020001", "Healthy")]
    [TestCase(500, "92020002", "Healthy")]
    public async Task Activate_TheirFaultOrOurCredentials_503(int status, string code, string health)
    {
        OpenApi.AddCode(Code);
        OpenApi.Fault = OpenApiServer.With(status, new JsonObject { ["error_code"] = code, ["error_msg"] = $"no {Code}" }.ToJsonString());

        var refused = await new Device(App, "a").ActivateAsync(Code);

        Assert.That(refused.Code, Is.EqualTo("marketplace-unavailable"));
        Assert.That((await HealthAsync("marketplace")).Status, Is.EqualTo(health));
        Assert.That(App.Logs.Lines.Select(line => line.Message + line.Parameters), Has.None.Contains(Code));
    }

    [Test]
    public async Task Activate_AccountsThatSellTheProduct_DefaultFirstThenTheNextThatCanAsk()
    {
        await App.RestartAsync([
            "Marketplace:Accounts:alone:AccessKeys:0=key-of-alone",
            "Marketplace:Accounts:shop:AccessKeys:0=key-of-shop", "Marketplace:Accounts:shop:OpenApi:AccessKeyId=OTHERAK", "Marketplace:Accounts:shop:OpenApi:SecretAccessKey=other",
            "Marketplace:Accounts:zoo:AccessKeys:0=key-of-zoo", $"Marketplace:Accounts:zoo:OpenApi:AccessKeyId={OpenApiServer.AccessKeyId}",
            $"Marketplace:Accounts:zoo:OpenApi:SecretAccessKey={OpenApiServer.SecretAccessKey}"]);

        var unknown = await new Device(App, "a").ActivateAsync(Code);
        var calls = OpenApi.Calls.Where(call => call.Path.EndsWith("/activate", StringComparison.Ordinal)).Select(call => call.SignatureFault).ToList();

        using (Assert.EnterMultipleScope())
        {
            // default: unknown; alone: passed over; shop: its credentials are not accepted; zoo: unknown.
            Assert.That(calls, Is.EqualTo(new[] { null, "unknown access key", null }));
            Assert.That(unknown.Code, Is.EqualTo("marketplace-unavailable"), "one of them could not say");
        }
    }

    [Test]
    public async Task Activate_CodeIsTheSecondAccounts_ItsLicense()
    {
        // The default account's own API is another server, which knows no codes.
        await using var other = await OpenApiServer.StartAsync(App.Time);
        await App.RestartAsync([
            $"Marketplace:OpenApi:Hosts:0={other.Url}",
            "Marketplace:Accounts:shop:AccessKeys:0=key-of-shop", $"Marketplace:Accounts:shop:OpenApi:Hosts:0={OpenApi.Url}",
            $"Marketplace:Accounts:shop:OpenApi:AccessKeyId={OpenApiServer.AccessKeyId}", $"Marketplace:Accounts:shop:OpenApi:SecretAccessKey={OpenApiServer.SecretAccessKey}"]);
        OpenApi.AddCode(Code);

        await new Device(App, "a").PlacedAsync(Code);

        Assert.That((await ShowAsync()).GetProperty("account").GetString(), Is.EqualTo("shop"));
        Assert.That(other.CodeCalls, Is.EqualTo(["activate"]));
    }

    [Test]
    public async Task Activate_NoAccountCanAsk_404WithoutACall()
    {
        var other = await new Device(App, "a").ActivateAsync(Code, product: "not-sold");

        Assert.That((other.Status, other.Code), Is.EqualTo((HttpStatusCode.NotFound, "unknown-code")));
        Assert.That(OpenApi.CodeCalls, Is.Empty);
    }

    [Test]
    public async Task Activate_TooManyUnknownCodes_429ForNewOnesAndNotForKnownOnes()
    {
        await App.RestartAsync(["Licensee:UnknownMarketplaceCodesPerHour=2"]);
        OpenApi.AddCode(Code);
        await new Device(App, "a").PlacedAsync(Code);
        List<string?> codes = [];
        for (var number = 0; number < 3; number++)
        {
            // The same one again was no new question.
            codes.Add((await new Device(App, "a").ActivateAsync($"PLUNKNOWN{number}")).Code);
            if (number < 2)
            {
                codes.Add((await new Device(App, "a").ActivateAsync($"PLUNKNOWN{number}")).Code);
            }
        }

        OpenApi.AddCode(Code + "X");
        var (status, _, retryAfter) = await PostAsync(Code + "X");
        App.Time.Advance(TimeSpan.FromHours(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(codes, Is.EqualTo(["unknown-code", "unknown-code", "unknown-code", "too-many-requests", "too-many-requests"]));
            Assert.That(status, Is.EqualTo(HttpStatusCode.TooManyRequests));
            Assert.That(retryAfter, Is.GreaterThan(TimeSpan.FromMinutes(50)));
            Assert.That((await new Device(App, "a").ActivateAsync(Code)).Status, Is.EqualTo(HttpStatusCode.OK), "it is known here");
            Assert.That((await PostAsync(Code + "X")).Status, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("0")]
    [TestCase("10001")]
    public async Task Start_LimitOutOfItsRange_NamesTheSetting(string value)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(
            () => LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", $"Licensee:UnknownMarketplaceCodesPerHour={value}"]));

        Assert.That(refusal!.Message, Does.StartWith("Licensee:UnknownMarketplaceCodesPerHour must be"));
    }

    [TestCase("PL 1$")]
    [TestCase("PL\u4e2d")]
    [TestCase("01234567890123456789012345678901234567890123456789012345678901234")]
    [TestCase("a/b")]
    public async Task Activate_WrongShapeWithoutDots_400BadCode(string code)
    {
        var reply = await new Device(App, "a").ActivateAsync(code);

        Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.BadRequest, "bad-code")));
        Assert.That(OpenApi.CodeCalls, Is.Empty);
    }

    // Signing fails after the marketplace has activated: what it said is not asked for again.
    [Test]
    public async Task Activate_LicenseCannotBeStored_TheNextTryGoesOnFromTheAnswer()
    {
        OpenApi.AddCode(Code, amount: 5).RefusesSecondWith = "92020009";
        App.Change("ALTER TABLE orders RENAME TO orders_away");
        var failed = await new Device(App, "a").ActivateAsync(Code);
        App.Change("ALTER TABLE orders_away RENAME TO orders");

        Assert.That((int)failed.Status, Is.AtLeast(500));
        Assert.That((await new Device(App, "a").ActivateAsync(Code)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(OpenApi.CodeCalls, Is.EqualTo(["activate"]));
        Assert.That((await ShowAsync()).GetProperty("quantity").GetInt32(), Is.EqualTo(5));
    }

    [Test]
    public async Task Journal_HasTheCallsWithoutTheCode()
    {
        OpenApi.AddCode(Code, orderId: "CS-J");
        await new Device(App, "a").PlacedAsync(Code);
        await new Device(App, "a").ActivateAsync("PLUNKNOWNSECRET0");

        var calls = (await App.CallsAsync("?direction=out")).FindAll(call => call.GetProperty("activity").GetString() == "activateLicenseCode");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calls, Has.Count.EqualTo(2));
            Assert.That(calls.Select(call => call.GetRawText()), Has.None.Contains(Code).And.None.Contains("PLUNKNOWNSECRET0"));
            Assert.That(calls.Select(call => call.GetRawText()), Has.Some.Contains("…6789").And.Some.Contains("CS-J"));
            Assert.That(App.Logs.Lines.Select(line => line.Message + line.Parameters + line.Exception), Has.None.Contains(Code).And.None.Contains("PLUNKNOWNSECRET0"));
        }
    }

    // As letters of the answer, with escapes, in lists of members that nobody knows; and in other parameters of a call.
    [Test]
    public async Task Journal_CodeComesInAnotherPlaceOrSpelling_IsHiddenByItsValue()
    {
        const string Secret = "PLUNKNOWNSECRET0";
        static string Escape(string text) => string.Concat(text.Select(static letter => $"\\u{(int)letter:x4}"));
        var inText = JsonEncodedText.Encode($$"""{"deep":["{{Escape(Secret)}}"]}""");
        OpenApi.Fault = OpenApiServer.With(
            200, $$"""{"error_code":"92020005","error_msg":"no {{Escape(Secret)}}","list":["{{Escape(Secret)}}",["{{Secret.ToLowerInvariant()}}"]],"text":"{{inText}}","{{Secret}}":1}""");
        await new Device(App, "a").ActivateAsync(Secret);
        OpenApi.Fault = null;
        var code = new SoldCode(App, Code);
        await App.MarketplaceV2.SendAsync(
            code.Refresh(Now.AddDays(30), orderId: "CS-" + Code).With("orderLineId", Code).With("memo", new JsonArray(Code, new JsonObject { ["x"] = Code })));

        var calls = (await App.CallsAsync()).ConvertAll(call => call.GetRawText());

        Assert.That(calls, Has.Count.EqualTo(2));
        Assert.That(string.Concat(calls), Does.Not.Contain(Secret).IgnoreCase.And.Not.Contain(Code).IgnoreCase.And.Contain("…RET0").And.Contain("CS-…6789"));
        Assert.That(App.Logs.Lines.Select(line => line.Message + line.Parameters), Has.None.Contains(Secret));
    }

    private async Task<JsonElement> ShowAsync() => (await App.Admin.ListAsync("licenses")).Single();

    private async Task<List<string>> EventsAsync(JsonElement license) => (await App.Admin.ListAsync($"licenses/{license.GetProperty("id").GetString()}/events")).ConvertAll(
        happened => $"{happened.GetProperty("type")} {happened.GetProperty("actor")} {happened.GetProperty("source").GetProperty("activity")} {happened.GetProperty("source").GetProperty("orderId")}");

    private async Task<(HttpStatusCode Status, string? Problem, TimeSpan? RetryAfter)> PostAsync(string code = Code, int device = 0)
    {
        using var content = JsonContent.Create(new { code, product = Device.Product, device = new { fingerprint = $"device {device}" } });
        using var response = await App.Client.PostAsync(new Uri("/licensee/v1/activations", UriKind.Relative), content);
        return (response.StatusCode, (await AdminReply.ReadAsync(response)).Code, response.Headers.RetryAfter?.Delta);
    }
}
