using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using LicenseAuthority.Client;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.PendingOrders;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>
/// <c>newInstance</c> from end to end: real sockets to the service, and from it to an open API that can be slow, wrong or dead. What the calls on an instance are
/// answered with before it has a license is here too.
/// </summary>
[OnEveryDatabase]
internal sealed class NewInstanceTests
{
    private OpenApiServer _openApi = null!;
    private LicenseAuthorityApplication _app = null!;

    internal enum Trouble
    {
        Slow,
        Empty,
        NotJson,
        AnotherOrder,
        Endless,
        Closed,
        NoSuchOrder,
        Refused,
    }

    [SetUp]
    public async Task Start()
    {
        _openApi = await OpenApiServer.StartAsync();
        _app = await StartAsync();
        _openApi.Follow(_app.Time);
    }

    [TearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _openApi.DisposeAsync();
    }

    // ---- what was bought

    [Test]
    public async Task NewInstance_OrderIsKnown_HasItsLicense()
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001", linearValue: "7", expireTime: "20270601155959", customerId: "c-77", customerName: "Example 公司");

        var reply = await OpenAsync(order);

        var license = await _app.Admin.ShowAsync(reply.InstanceId!);
        var issued = (await _app.Admin.ListAsync($"licenses/{reply.InstanceId}/events")).Single();
        var asked = _openApi.Calls.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
            Assert.That(reply.License, Is.Null);
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(7));
            Assert.That(license.GetProperty("expiresAt").GetString(), Is.EqualTo("2027-06-01T15:59:59Z"));
            Assert.That(license.GetProperty("test").GetBoolean(), Is.False);
            Assert.That(license.GetProperty("trial").GetBoolean(), Is.False);
            Assert.That(license.GetProperty("customer").GetProperty("marketplaceCustomerId").GetString(), Is.EqualTo("c-77"));
            Assert.That(license.GetProperty("customer").GetProperty("name").GetString(), Is.EqualTo("Example 公司"));
            Assert.That(_app.Check(license.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(issued.GetProperty("source").GetProperty("activity").GetString(), Is.EqualTo("newInstance"));
            Assert.That(issued.GetProperty("source").GetProperty("orderLineId").GetString(), Is.EqualTo(order + "-000001"));
            Assert.That(asked.SignatureFault, Is.Null);
            Assert.That(asked.Query["orderId"], Is.EqualTo(order));
            Assert.That(asked.Query["orderLineId"], Is.EqualTo(order + "-000001"));
        }
    }

    [Test]
    public async Task NewInstance_Again_SameInstanceAndNobodyIsAsked()
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001");
        var first = await OpenAsync(order);
        _openApi.RemoveOrder(order);

        var again = await OpenAsync(order);

        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(_openApi.Calls, Has.Count.EqualTo(1));
    }

    [TestCase("20270601155959123", "2027-06-01T15:59:59Z")]
    [TestCase(null, null)]
    [TestCase("in a year", null)]
    public async Task NewInstance_ExpireTimeOfTheLine_AbsentOrUnreadableIsTheProductsOwnPeriod(string? expireTime, string? expiresAt)
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001", expireTime: expireTime);

        var license = await _app.Admin.ShowAsync((await OpenAsync(order)).InstanceId!);

        Assert.That(license.GetProperty("expiresAt").GetString(), Is.EqualTo(expiresAt));
        Assert.That(WarningsOf(order).Count(), Is.EqualTo(expireTime == "in a year" ? 1 : 0));
    }

    [TestCase(null)]
    [TestCase("many")]
    [TestCase("0")]
    public async Task NewInstance_QuantityIsAbsentOrUnreadable_OneWithAWarning(string? linearValue)
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001", linearValue);

        var license = await _app.Admin.ShowAsync((await OpenAsync(order)).InstanceId!);

        Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(1));
        Assert.That(WarningsOf(order).Single(), Does.Contain("linearValue"));
    }

    [Test]
    public async Task NewInstance_TrialWithoutABuyer_IsATrialOfTheOrderItself()
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001", orderType: "TRIAL", customerId: null, customerName: null);

        var license = await _app.Admin.ShowAsync((await OpenAsync(order)).InstanceId!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(license.GetProperty("trial").GetBoolean(), Is.True);
            Assert.That(license.GetProperty("customer").GetProperty("marketplaceCustomerId").GetString(), Is.EqualTo("order:" + order));
            Assert.That(license.GetProperty("customer").GetProperty("name").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [Test]
    public async Task NewInstance_OrderWithSeveralLines_TheOneWithTheLineId()
    {
        var order = SoldLicense.NewOrderId();
        JsonObject Line(string id, int quantity) => new()
        {
            ["orderLineId"] = id,
            ["productInfo"] = new JsonArray(new JsonObject { ["productId"] = "OFFI0001", ["linearValue"] = quantity }, new JsonObject { ["productId"] = "OFFI0002" }),
        };
        _openApi.AddOrder(order, new JsonObject { ["orderId"] = order, ["orderType"] = "NEW", ["orderLine"] = new JsonArray(Line("a", 2), Line("b", 3)) });

        var known = await OpenAsync(order, "b");
        var unknown = await OpenAsync(order, "c");

        Assert.That((await _app.Admin.ShowAsync(known.InstanceId!)).GetProperty("quantity").GetInt32(), Is.EqualTo(3));
        Assert.That(unknown.ResultCode, Is.EqualTo("000004"));
    }

    // ---- nobody knows yet

    [Test]
    public async Task NewInstance_OpenApiIsInTrouble_000004InTimeAndServedLater([Values] Trouble trouble)
    {
        var order = SoldLicense.NewOrderId();
        if (trouble != Trouble.NoSuchOrder)
        {
            _openApi.AddOrder(order, "OFFI0001", linearValue: "5");
        }

        _openApi.Fault = FaultOf(trouble);

        var opening = OpenAsync(order);
        if (trouble == Trouble.Slow)
        {
            await _openApi.NextAsync();
            _app.Time.Advance(PendingOrderService.LongestCall);
        }

        var reply = await opening;
        var pending = (await _app.Admin.ListAsync("marketplace/pending")).Single();
        var shown = await _app.Admin.GetAsync("licenses/" + reply.InstanceId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000004"), reply.ResultMessage);
            Assert.That(pending.GetProperty("instanceId").GetString(), Is.EqualTo(reply.InstanceId));
            Assert.That(pending.GetProperty("lastError").GetString(), Is.Not.Empty);
            Assert.That(shown.Status, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(shown.Code, Is.EqualTo("license-pending"));
            Assert.That(_app.CountRows(), Does.Match("^licenses 0, codes 0, orders 0, follow_up_orders 0, answers 0, events 0, conflicts 0$"));
        }

        _openApi.Fault = null;
        _openApi.AddOrder(order, "OFFI0001", linearValue: "5");
        await UntilAsync("SELECT count(*) FROM licenses");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await _app.Admin.ShowAsync(reply.InstanceId!)).GetProperty("quantity").GetInt32(), Is.EqualTo(5));
            Assert.That(await _app.Admin.ListAsync("marketplace/pending"), Is.Empty);
            Assert.That((await OpenAsync(order)).ResultCode, Is.EqualTo("000000"));
        }
    }

    [Test]
    public async Task NewInstance_OpenApiIsDead_000004AndTheSecondHostIsTried()
    {
        await _app.DisposeAsync();
        _app = await LicenseAuthorityApplication.StartAsync(
        [
            "Expiry:Enabled=false", "Marketplace:OpenApi:Hosts:0=http://127.0.0.1:1", $"Marketplace:OpenApi:Hosts:1={_openApi.Url}",
            $"Marketplace:OpenApi:AccessKeyId={OpenApiServer.AccessKeyId}", $"Marketplace:OpenApi:SecretAccessKey={OpenApiServer.SecretAccessKey}",
        ]);
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001");
        var known = await OpenAsync(order);
        await _openApi.DisposeAsync();

        var unknown = await OpenAsync(SoldLicense.NewOrderId());

        Assert.That(known.ResultCode, Is.EqualTo("000000"), known.ResultMessage);
        Assert.That(unknown.ResultCode, Is.EqualTo("000004"));
        Assert.That(unknown.InstanceId, Is.Not.Null);
    }

    // The purchase of one instance in progress says nothing of the others.
    [Test]
    public async Task Query_OfALicenseAndOfOneThatIsPending_TellsOfTheLicenseUntilTheOtherHasEnded()
    {
        var pending = (await OpenAsync(SoldLicense.NewOrderId())).InstanceId!;
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001");
        var license = (await OpenAsync(order)).InstanceId!;

        var meanwhile = await _app.MarketplaceV2.SendAsync(V2Call.Query(pending, license, "lic_UNKNOWN"));
        await _app.MarketplaceV2.SendAsync(V2Call.Release(pending));
        var ended = await _app.MarketplaceV2.SendAsync(V2Call.Query(pending, license, "lic_UNKNOWN"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(meanwhile.ResultCode, Is.EqualTo("000000"), meanwhile.ResultMessage);
            Assert.That(meanwhile.Instances, Is.EqualTo([license]));
            Assert.That(ended.Instances, Is.EqualTo([pending, license]));
        }
    }

    [Test]
    public async Task Calls_WhilePending_000004AndReleaseEndsIt()
    {
        var order = SoldLicense.NewOrderId();
        var id = (await OpenAsync(order)).InstanceId!;
        var renewedTo = _app.Time.GetUtcNow().AddDays(100);
        var device = V2Call.Of(
            "getLicenseAsync", ("instanceId", id), ("effectiveTime", "2026-06-01 00:00:00 z"), ("eventId", "event-1"), ("deviceFingerprint", "device-1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await AnswerAsync(device), Is.EqualTo(("000004", (string?)null)));
            Assert.That(await AnswerAsync(NewInstance(order)), Is.EqualTo(("000004", id)));
            Assert.That(await AnswerAsync(V2Call.Refresh(id, renewedTo)), Is.EqualTo(("000004", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Status(id, "FREEZE")), Is.EqualTo(("000004", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Query(id)), Is.EqualTo(("000004", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Query("lic_UNKNOWN", id)), Is.EqualTo(("000004", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Query("lic_UNKNOWN")), Is.EqualTo(("000003", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Release(id).With("testFlag", "1")), Is.EqualTo(("000003", (string?)null)), "a test case touches nothing that is real");
            Assert.That(await AnswerAsync(V2Call.Release(id)), Is.EqualTo(("000000", (string?)null)));
        }

        _openApi.AddOrder(order, "OFFI0001");
        var query = await _app.MarketplaceV2.SendAsync(V2Call.Query(id));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await AnswerAsync(NewInstance(order)), Is.EqualTo(("000000", id)));
            Assert.That(query.ResultCode, Is.EqualTo("000000"));
            Assert.That(query.Instances, Is.EqualTo([id]));
            Assert.That(await AnswerAsync(V2Call.Refresh(id, renewedTo)), Is.EqualTo(("000003", (string?)null)));
            Assert.That(await AnswerAsync(device), Is.EqualTo(("000003", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Status(id, "FREEZE")), Is.EqualTo(("000000", (string?)null)));
            Assert.That(await AnswerAsync(V2Call.Release(id)), Is.EqualTo(("000000", (string?)null)));
            Assert.That(await _app.Admin.ListAsync("marketplace/pending"), Is.Empty);
            Assert.That((await _app.Admin.GetAsync("licenses/" + id)).Code, Is.EqualTo("license-not-found"));
            Assert.That(_app.Query("SELECT count(*) FROM licenses"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task NewInstance_OrderWasTakenBackMeanwhile_EndsWithoutALicense()
    {
        var order = SoldLicense.NewOrderId();
        var id = (await OpenAsync(order)).InstanceId;
        _openApi.AddOrder(order, "OFFI0001", orderType: "UNSUBSCRIBE");

        await UntilAsync("SELECT count(*) FROM pending_orders WHERE ended_as = 'unsubscribed'");

        Assert.That(await AnswerAsync(NewInstance(order)), Is.EqualTo(("000000", id)));
        Assert.That(_app.Query("SELECT count(*) FROM licenses"), Is.EqualTo([0L]));
    }

    // ---- counts once

    [Test]
    public async Task NewInstance_SameNonceAfterARestart_AnswerOfTheFirstTime([Values] bool isKnown)
    {
        var order = SoldLicense.NewOrderId();
        if (isKnown)
        {
            _openApi.AddOrder(order, "OFFI0001");
        }

        var body = NewInstance(order).Body;
        var nonce = V2Caller.NewNonce();
        var first = await _app.MarketplaceV2.SendAsync(body, nonce);
        await _app.RestartAsync();
        _openApi.AddOrder(order, "OFFI0001");

        var again = await _app.MarketplaceV2.SendAsync(body, nonce);

        Assert.That(first.ResultCode, Is.EqualTo(isKnown ? "000000" : "000004"));
        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(_openApi.Calls, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ReleaseInstance_SameNonceWhilePendingAfterARestart_AnswerOfTheFirstTime()
    {
        var id = (await OpenAsync(SoldLicense.NewOrderId())).InstanceId!;
        var body = V2Call.Release(id).Body;
        var nonce = V2Caller.NewNonce();
        var first = await _app.MarketplaceV2.SendAsync(body, nonce);
        await _app.RestartAsync();

        Assert.That((await _app.MarketplaceV2.SendAsync(body, nonce)).Body, Is.EqualTo(first.Body));
        Assert.That((await _app.MarketplaceV2.SendAsync(V2Call.Query(id).Body, nonce)).ResultCode, Is.EqualTo("000001"), "it was used up");
    }

    [Test]
    public async Task NewInstance_ManyAtOnce_OneInstance()
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001");

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync(order))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(replies.Select(reply => (reply.ResultCode, reply.InstanceId)).Distinct().ToList(), Has.Count.EqualTo(1));
            Assert.That(replies[0].ResultCode, Is.EqualTo("000000"));
            Assert.That(_app.Query("SELECT count(*) FROM licenses"), Is.EqualTo([1L]));
        }
    }

    // ---- refused

    [Test]
    public async Task NewInstance_ProductIsNotSold_000002UnservedOnceAndServedOnceItIs()
    {
        await _app.DisposeAsync();
        _app = await StartAsync(LicenseAuthorityApplication.Product(0, "editor", "OFFI0001"));
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0002", linearValue: "4");

        var refused = await OpenAsync(order);
        await OpenAsync(order);
        var entry = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.ResultCode, Is.EqualTo("000002"));
            Assert.That(refused.ResultMessage, Does.Contain("OFFI0002"));
            Assert.That(entry.GetProperty("instanceId").GetString(), Is.EqualTo(refused.InstanceId));
            Assert.That(entry.GetProperty("order").GetProperty("productId").GetString(), Is.EqualTo("OFFI0002"));
            Assert.That(_app.Logs.Lines.Count(line => line.Message.StartsWith("ALARM", StringComparison.Ordinal)), Is.EqualTo(1));
        }

        await _app.RestartAsync("Products:0:MarketplaceProductIds:1=OFFI0002");
        var served = await OpenAsync(order);

        Assert.That((served.ResultCode, served.InstanceId), Is.EqualTo(("000000", refused.InstanceId)));
        Assert.That(await _app.Admin.ListAsync("conflicts?kind=unserved"), Is.Empty);
        Assert.That((await _app.Admin.ListAsync("conflicts?kind=unserved&status=served")).Single().GetProperty("licenseId").GetString(), Is.EqualTo(served.InstanceId));
    }

    [Test]
    public async Task NewInstance_AccountWithoutCredentials_000005NamesTheSettingsAndV1GoesOn()
    {
        await _app.DisposeAsync();
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var order = SoldLicense.NewOrderId();
        Assert.That(await HealthAsync(), Does.StartWith("Healthy"));

        var first = await OpenAsync(order);
        var again = await OpenAsync(order);

        var entry = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        var error = _app.Logs.Lines.Single(line => line.Level == LogLevel.Error).Message;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.ResultCode, first.InstanceId), Is.EqualTo(("000005", (string?)null)));
            Assert.That(again.ResultCode, Is.EqualTo("000005"));
            Assert.That(error, Does.Contain("Marketplace:OpenApi:AccessKeyId").And.Contains("Marketplace:OpenApi:SecretAccessKey"));
            Assert.That(await HealthAsync(), Does.StartWith("Degraded These accounts are called and have no credentials (AK/SK) for the open API: default."));
            Assert.That(await _app.Admin.ListAsync("marketplace/pending"), Is.Empty);
            Assert.That(entry.GetProperty("order").GetProperty("orderId").GetString(), Is.EqualTo(order));
            Assert.That((await _app.Marketplace.SendAsync(GetLicenseCall.For(SoldLicense.NewOrderId()))).ResultCode, Is.EqualTo("000000"));
        }
    }

    [Test]
    public async Task NewInstance_RefusedBeforeItHadAnInstance_OneEntryThatEndsWithTheInstance()
    {
        await _app.DisposeAsync();
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. LicenseAuthorityApplication.Product(0, "editor", "OFFI0001")]);
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0002");
        await OpenAsync(order);
        var first = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        await _app.RestartAsync(_openApi.Settings);

        var refused = await OpenAsync(order);
        var entry = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        await _app.MarketplaceV2.SendAsync(V2Call.Release(refused.InstanceId!));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.ResultCode, Is.EqualTo("000002"), refused.ResultMessage);
            Assert.That(first.GetProperty("instanceId").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(entry.GetProperty("id").GetString(), Is.EqualTo(first.GetProperty("id").GetString()));
            Assert.That(entry.GetProperty("instanceId").GetString(), Is.EqualTo(refused.InstanceId));
            Assert.That(entry.GetProperty("order").GetProperty("productId").GetString(), Is.EqualTo("OFFI0002"));
            Assert.That(await _app.Admin.ListAsync("conflicts?kind=unserved"), Is.Empty);
        }
    }

    [Test]
    public async Task NewInstance_RefusedWhilePending_TheEntryHasTheInstanceAndEndsWithIt()
    {
        var order = SoldLicense.NewOrderId();
        var id = (await OpenAsync(order)).InstanceId!;
        await _app.RestartAsync("Marketplace:OpenApi:AccessKeyId=", "Marketplace:OpenApi:SecretAccessKey=");

        var refused = await OpenAsync(order);
        var entry = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single();
        await _app.MarketplaceV2.SendAsync(V2Call.Release(id));

        Assert.That(refused.ResultCode, Is.EqualTo("000005"));
        Assert.That(entry.GetProperty("instanceId").GetString(), Is.EqualTo(id));
        Assert.That(await _app.Admin.ListAsync("conflicts?kind=unserved"), Is.Empty);
    }

    [TestCase(null)]
    [TestCase("x")]
    public async Task NewInstance_LineCouldNotBeRead_TheRightRepeatClosesTheEntry(string? line)
    {
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001");
        var call = NewInstance(order);
        await _app.MarketplaceV2.SendAsync(line is null ? call.Without("orderLineId") : call.With("orderLineId", new string('x', 65)));
        var kept = await _app.Admin.ListAsync("conflicts?kind=unserved");

        var served = await OpenAsync(order);

        Assert.That(kept, Has.Count.EqualTo(1));
        Assert.That(served.ResultCode, Is.EqualTo("000000"), served.ResultMessage);
        Assert.That(
            (await _app.Admin.ListAsync("conflicts?kind=unserved&status=served")).ConvertAll(one => one.GetProperty("licenseId").GetString()),
            Is.EqualTo([served.InstanceId]));
    }

    [Test]
    public async Task Apply_RefusedForMissingCredentials_TriesAgain()
    {
        await _app.DisposeAsync();
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001");
        await OpenAsync(order);
        var id = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single().GetProperty("id").GetString();
        var without = await _app.Admin.PostAsync($"conflicts/{id}/apply");
        await _app.RestartAsync(_openApi.Settings);

        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(without.Code, Is.EqualTo("not-applicable"));
            Assert.That(without.Detail, Does.Contain("Marketplace:OpenApi:AccessKeyId"));
            Assert.That(applied.Status, Is.EqualTo(HttpStatusCode.OK), applied.ToString());
            Assert.That(applied.Json.GetProperty("status").GetString(), Is.EqualTo("served"));
            Assert.That((await OpenAsync(order)).InstanceId, Is.EqualTo(applied.Json.GetProperty("licenseId").GetString()));
        }
    }

    // It stood nowhere but in the request.
    [Test]
    public async Task Apply_WithAReason_TheLicenseAndTheEntryHaveIt()
    {
        await _app.DisposeAsync();
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var order = SoldLicense.NewOrderId();
        _openApi.AddOrder(order, "OFFI0001", linearValue: "many");
        await OpenAsync(order);
        var id = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single().GetProperty("id").GetString();
        await _app.RestartAsync(_openApi.Settings);

        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply", "the customer has called");

        var issued = (await _app.Admin.ListAsync($"licenses/{applied.Json.GetProperty("licenseId").GetString()}/events")).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(applied.Json.GetProperty("remark").GetString(), Is.EqualTo("the customer has called"), applied.ToString());
            Assert.That(applied.Json.GetProperty("resolvedBy").GetString(), Does.StartWith("admin:"));
            Assert.That(issued.GetProperty("actor").GetString(), Does.StartWith("admin:"));
            Assert.That(
                issued.GetProperty("remark").GetString(),
                Is.EqualTo($"conflict {id} applied: the customer has called; the order's linearValue cannot be read, 1 is served"));
        }
    }

    // It was told that the account had no credentials, and to set them.
    [Test]
    public async Task Apply_AccountIsNoLongerInTheSettings_SaysSo()
    {
        await _app.RestartAsync("Marketplace:Accounts:shop:AccessKeys:0=key-of-shop");
        var order = SoldLicense.NewOrderId();
        await _app.V2CallerWith("key-of-shop", "shop").SendAsync(NewInstance(order));
        var id = (await _app.Admin.ListAsync("conflicts?kind=unserved")).Single().GetProperty("id").GetString();
        await _app.RestartAsync();

        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply");

        Assert.That(applied.Code, Is.EqualTo("not-applicable"));
        Assert.That(applied.Detail, Does.Contain("The account shop is no longer in the settings").And.Contain("Marketplace:Accounts:shop").And.Not.Contain("no credentials"));
    }

    // Whoever had the id from the marketplace was told that there is no such license.
    [Test]
    public async Task Commands_OnAnOrderThatIsPendingOrEnded_SayWhereItStands()
    {
        var order = SoldLicense.NewOrderId();
        var id = (await OpenAsync(order)).InstanceId!;
        List<AdminReply> pending =
        [
            await _app.Admin.GetAsync("licenses/" + id), await _app.Admin.GetAsync($"licenses/{id}/events"), await _app.Admin.GetAsync($"licenses/{id}/activations"),
            await _app.Admin.GetAsync($"licenses/{id}/activations/act_1"),
        ];
        foreach (var command in new[] { "revoke", "freeze", "unfreeze", "release", "restore", "reissue" })
        {
            pending.Add(await _app.Admin.PostAsync($"licenses/{id}/{command}", "a reason"));
        }

        var device = await Device.FreeAsOperatorAsync(_app, id, "act_1");
        await _app.MarketplaceV2.SendAsync(V2Call.Release(id));
        var ended = await _app.Admin.PostAsync($"licenses/{id}/freeze", "a reason");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pending.Select(static reply => $"{(int)reply.Status} {reply.Code}"), Is.All.EqualTo("404 license-pending"));
            Assert.That(pending.Select(static reply => reply.Detail), Is.All.Contains(order).And.All.Contains("/admin/v1/marketplace/pending"));
            Assert.That(device, Is.EqualTo(404));
            Assert.That(ended.Code, Is.EqualTo("license-not-found"));
            Assert.That(ended.Detail, Does.Contain(order).And.Contain("released the instance"));
        }
    }

    [Test]
    public async Task NewInstance_CredentialsAreRefused_PendingAndNamesTheSettings()
    {
        var order = SoldLicense.NewOrderId();
        _openApi.Fault = OpenApiServer.Refuse;

        var reply = await OpenAsync(order);

        var error = _app.Logs.Lines.Single(line => line.Level == LogLevel.Error).Message;
        Assert.That(reply.ResultCode, Is.EqualTo("000004"));
        Assert.That(error, Does.Contain("OpenApi:AccessKeyId").And.Contains("OpenApi:SecretAccessKey").And.Contains("CBC.0150"));
        Assert.That(error, Does.Not.Contain(OpenApiServer.SecretAccessKey).And.Not.Contain(OpenApiServer.AccessKeyId));
        Assert.That(await HealthAsync(), Does.StartWith("Degraded The open API refuses the credentials (AK/SK) of: default (queryOrder)."));

        _openApi.Fault = null;
        await OpenAsync(SoldLicense.NewOrderId());
        Assert.That(await HealthAsync(), Does.StartWith("Healthy"), "they are accepted, though it has no such order");
    }

    [TestCase("orderId", null, "")]
    [TestCase("orderLineId", null, "000002")]
    [TestCase("orderLineId", "x", "000002")]
    [TestCase("testFlag", "2", "000002")]
    public async Task NewInstance_BadParameter_000002AndWhatWasPaidForIsKept(string name, string? value, string keptAs)
    {
        var call = NewInstance(SoldLicense.NewOrderId());
        call = value is null ? call.Without(name) : call.With(name, value == "x" ? new string('x', 65) : value);

        var reply = await _app.MarketplaceV2.SendAsync(call);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000002"));
            Assert.That(reply.ResultMessage, Does.Contain(name));
            Assert.That(await _app.Admin.ListAsync("conflicts?kind=unserved"), Has.Count.EqualTo(keptAs.Length == 0 ? 0 : 1));
            Assert.That(await _app.Admin.ListAsync("marketplace/pending"), Is.Empty);
            Assert.That(_openApi.Calls, Is.Empty);
        }
    }

    // ---- debug cases

    [Test]
    public async Task NewInstance_DebugCaseIsReplayed_NewRoundAlsoWhenTheOpenApiIsAway([Values] bool isAway)
    {
        const string Order = "MOCKPERIODYEARNEW";
        _openApi.AddOrder(Order, "OFFI0001", linearValue: "2", expireTime: "20270601155959");
        var call = NewInstance(Order).With("testFlag", "1");
        var first = await _app.MarketplaceV2.SendAsync(call);
        Assert.That((await _app.MarketplaceV2.SendAsync(V2Call.Release(first.InstanceId!).With("testFlag", "1"))).ResultCode, Is.EqualTo("000000"));
        _openApi.AddOrder(Order, "OFFI0001", linearValue: "3", expireTime: "20270601155959");
        _openApi.Fault = isAway ? OpenApiServer.CloseAsync : null;

        var again = await _app.MarketplaceV2.SendAsync(call);

        var license = await _app.Admin.ShowAsync(first.InstanceId!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.ResultCode, Is.EqualTo("000000"), first.ResultMessage);
            Assert.That(again.Body, Is.EqualTo(first.Body));
            Assert.That(license.GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(license.GetProperty("test").GetBoolean(), Is.True);
            Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(isAway ? 2 : 3));
            Assert.That(license.GetProperty("expiresAt").GetString(), Is.EqualTo("2027-06-01T15:59:59Z"));
        }
    }

    // ---- accounts

    [Test]
    public async Task NewInstance_SameOrderInTwoAccounts_TwoInstancesThatDoNotExistForEachOther()
    {
        await _app.DisposeAsync();
        _app = await StartAsync(
            "Marketplace:Accounts:other:AccessKeys:0=the-other-accounts-access-key", $"Marketplace:Accounts:other:OpenApi:AccessKeyId={OpenApiServer.AccessKeyId}",
            $"Marketplace:Accounts:other:OpenApi:SecretAccessKey={OpenApiServer.SecretAccessKey}");
        var other = _app.V2CallerWith("the-other-accounts-access-key", "other");
        var order = SoldLicense.NewOrderId();
        var mine = await OpenAsync(order);

        var theirs = await other.SendAsync(NewInstance(order));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(theirs.ResultCode, Is.EqualTo("000004"));
            Assert.That(theirs.InstanceId, Is.Not.EqualTo(mine.InstanceId));
            Assert.That((await other.SendAsync(V2Call.Query(mine.InstanceId!))).ResultCode, Is.EqualTo("000003"));
            Assert.That((await other.SendAsync(V2Call.Release(mine.InstanceId!))).ResultCode, Is.EqualTo("000003"));
            Assert.That(
                (await _app.Admin.ListAsync("marketplace/pending")).ConvertAll(one => one.GetProperty("account").GetString()), Is.EquivalentTo(["other", "default"]));
        }
    }

    private Task<LicenseAuthorityApplication> StartAsync(params string[] settings) =>
        LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. _openApi.Settings, .. settings]);

    private static V2Call NewInstance(string order, string? line = null) => V2Call.Of(
        "newInstance", ("businessId", Guid.NewGuid().ToString()), ("orderId", order), ("orderLineId", line ?? order + "-000001"), ("testFlag", "0"));

    private Task<MarketplaceReply> OpenAsync(string order, string? line = null) => _app.MarketplaceV2.SendAsync(NewInstance(order, line));

    private async Task<(string, string?)> AnswerAsync(V2Call call)
    {
        var reply = await _app.MarketplaceV2.SendAsync(call);
        return (reply.ResultCode, reply.InstanceId);
    }

    private static Func<HttpContext, Task>? FaultOf(Trouble trouble) => trouble switch
    {
        Trouble.Slow => OpenApiServer.HangAsync,
        Trouble.Empty => OpenApiServer.With(200, ""),
        Trouble.NotJson => OpenApiServer.With(200, "<html>", "text/html"),
        Trouble.AnotherOrder => OpenApiServer.AnotherOrder,
        Trouble.Endless => OpenApiServer.EndlessAsync,
        Trouble.Closed => OpenApiServer.CloseAsync,
        Trouble.Refused => OpenApiServer.Refuse,
        _ => null,
    };

    private IEnumerable<string> WarningsOf(string order) =>
        _app.Logs.Lines.Where(line => line.Level == LogLevel.Warning && line.Message.Contains(order, StringComparison.Ordinal)).Select(line => line.Message);

    // By the service itself, whose clock moves on.
    private async Task UntilAsync(string countsOne)
    {
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((long)_app.Query(countsOne)[0] == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            _app.Time.Advance(PendingOrderJob.Interval);
            await Task.Yield();
        }
    }

    private async Task<string> HealthAsync()
    {
        var report = await _app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "marketplace");
        var check = report.Entries.Single().Value;
        return $"{check.Status} {check.Description}";
    }
}
