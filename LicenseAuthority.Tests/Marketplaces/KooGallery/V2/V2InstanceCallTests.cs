using System.Text.Json;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>What the V2 calls on an instance do besides the table: keys of renewals, dates, orders, debug cases, accounts.</summary>
[OnEveryDatabase]
internal sealed class V2InstanceCallTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Marketplace:Accounts:shop:AccessKeys:0=a-key-of-shop"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Refresh_SameSceneOrderLineAndExpiry_SameAnswerAndNoNewCode()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var call = V2Call.Refresh(license.Id, _app.Time.GetUtcNow() + TimeSpan.FromDays(100), orderId: "CS-V2-KEY", orderLineId: "1");
        var first = await _app.MarketplaceV2.SendAsync(call);
        var rows = _app.CountRows();

        var again = await _app.MarketplaceV2.SendAsync(call);
        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(_app.CountRows(), Is.EqualTo(rows));

        await _app.MarketplaceV2.SendAsync(call.With("orderLineId", "2"));
        Assert.That(_app.CountRows(), Is.Not.EqualTo(rows), "another line of the order is another renewal");
    }

    [TestCase("20270601155959", "2027-06-01T15:59:59Z")]
    [TestCase("20270601155959256", "2027-06-01T15:59:59Z")]
    [TestCase("20270601155959999", "2027-06-01T15:59:59Z", Description = "cut, not rounded")]
    public async Task Refresh_DateOfFourteenOrSeventeenDigits_IsUtc(string text, string expected)
    {
        var license = await SoldLicense.BuyAsync(_app);

        var reply = await _app.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, default).With("expireTime", text));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That((await license.ShowAsync()).GetProperty("expiresAt").GetString(), Is.EqualTo(expected));
    }

    [Test]
    public async Task Refresh_DateAsAnInteger_IsRead()
    {
        var license = await SoldLicense.BuyAsync(_app);

        var reply = await _app.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, default).With("expireTime", 20270601155959).With("testFlag", 0).With("productId", null));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    [Test]
    public async Task Refresh_IsShownWithItsSceneAndLine()
    {
        var license = await SoldLicense.BuyAsync(_app);

        await _app.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, _app.Time.GetUtcNow() + TimeSpan.FromDays(100), "RENEWAL_CHANGE", "CS-V2-SHOWN", "CS-V2-SHOWN-000001").With("productId", "OFFI9"));

        var order = (await license.ShowAsync()).GetProperty("orders").EnumerateArray().Last();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(order.GetProperty("orderId").GetString(), Is.EqualTo("CS-V2-SHOWN"));
            Assert.That(order.GetProperty("orderLineId").GetString(), Is.EqualTo("CS-V2-SHOWN-000001"));
            Assert.That(order.GetProperty("productId").GetString(), Is.EqualTo("OFFI9"));
            Assert.That(order.GetProperty("scene").GetString(), Is.EqualTo("RENEWAL_CHANGE"));
            Assert.That(await _app.Admin.ListIdsAsync("licenses?orderId=CS-V2-SHOWN"), Is.EqualTo([license.Id]));
        }
    }

    // Only a refund takes away what was paid for.
    [TestCase("RENEWAL", true)]
    [TestCase("RENEWAL_CHANGE", true)]
    [TestCase("TRIAL_TO_FORMAL", true)]
    [TestCase("UNSUBSCRIBE_RENEWAL_PERIOD", false)]
    public async Task Refresh_EarlierDate_IsAConflictUnlessItIsARefund(string scene, bool conflict)
    {
        var license = await SoldLicense.BuyAsync(_app);
        var before = (await license.ShowAsync()).GetProperty("expiresAt").GetString();

        var reply = await _app.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, _app.Time.GetUtcNow() + TimeSpan.FromDays(3), scene));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo("000000"));
            Assert.That(await license.ConflictsAsync(), Has.Count.EqualTo(conflict ? 1 : 0));
            Assert.That((await license.ShowAsync()).GetProperty("expiresAt").GetString() == before, Is.EqualTo(conflict));
        }
    }

    [Test]
    public async Task TrialToFormal_OnATrial_MakesItFormalWhateverTheDate()
    {
        var license = await SoldLicense.BuyAsync(_app);
        _app.Change($"UPDATE licenses SET trial = true WHERE id = '{license.Id}'");
        var expiresAt = _app.Time.GetUtcNow() + TimeSpan.FromDays(5);

        var reply = await _app.MarketplaceV2.SendAsync(V2Call.Refresh(license.Id, expiresAt, "TRIAL_TO_FORMAL"));

        var shown = await license.ShowAsync();
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(shown.GetProperty("trial").GetBoolean(), Is.False);
        Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(expiresAt));
    }

    [Test]
    public async Task Release_WithTheOrderOfARefund_KeepsItWithTheEvent()
    {
        var license = await SoldLicense.BuyAsync(_app);

        await _app.MarketplaceV2.SendAsync(V2Call.Release(license.Id).With("orderId", "CS-REFUND").With("orderLineId", "CS-REFUND-000001"));

        var released = (await license.EventsAsync())[^1].GetProperty("source");
        Assert.That(released.GetProperty("activity").GetString(), Is.EqualTo("releaseInstance"));
        Assert.That(released.GetProperty("orderId").GetString(), Is.EqualTo("CS-REFUND"));
        Assert.That(released.GetProperty("orderLineId").GetString(), Is.EqualTo("CS-REFUND-000001"));
    }

    [Test]
    public async Task Query_OfSeveral_TellsOfThoseThatTheAccountHasInTheOrderAsked()
    {
        var first = await SoldLicense.BuyAsync(_app);
        var second = await SoldLicense.BuyAsync(_app);
        var test = await SoldLicense.BuyAsync(_app, call => call.With("testFlag", "1"));
        var foreign = (await _app.CallerWith("a-key-of-shop", "shop").SendAsync(GetLicenseCall.For(SoldLicense.NewOrderId()))).InstanceId!;

        var own = await _app.MarketplaceV2.SendAsync(V2Call.Query(second.Id, "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB", foreign, first.Id, second.Id, test.Id));
        var ofTests = await _app.MarketplaceV2.SendAsync(V2Call.Query(first.Id, test.Id).With("testFlag", "1"));
        var shops = await _app.V2CallerWith("a-key-of-shop", "shop").SendAsync(V2Call.Query(first.Id, foreign));

        Assert.That(own.Instances, Is.EqualTo([second.Id, first.Id, test.Id]));
        Assert.That(ofTests.Instances, Is.EqualTo([test.Id]), "a debug case does not learn of real ones");
        Assert.That(shops.Instances, Is.EqualTo([foreign]));
        Assert.That(JsonElement.Parse(shops.Body).GetRawText(), Does.EndWith($$""","info":[{"instanceId":"{{foreign}}"}]}"""));
    }

    [Test]
    public async Task Query_OfAHundred_IsAnswered()
    {
        var license = await SoldLicense.BuyAsync(_app);
        string[] ids = [.. Enumerable.Range(0, 99).Select(number => $"lic_{number:D26}"), license.Id];

        Assert.That((await _app.MarketplaceV2.SendAsync(V2Call.Query(ids))).Instances, Is.EqualTo([license.Id]));
    }

    [Test]
    public async Task Call_OnAnInstanceOfAnotherAccount_000003()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var rows = _app.CountRows();
        var later = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        V2Call[] calls = [V2Call.Refresh(license.Id, later), V2Call.Status(license.Id, "FREEZE"), V2Call.Release(license.Id), V2Call.Query(license.Id)];

        foreach (var call in calls)
        {
            Assert.That((await _app.V2CallerWith("a-key-of-shop", "shop").SendAsync(call)).ResultCode, Is.EqualTo("000003"));
        }

        Assert.That(_app.CountRows(), Is.EqualTo(rows));
    }

    // Saved debug cases are replayed twice a day, for ever: none may fail, in whatever state the one before has left the license.
    [Test]
    public async Task DebugCases_InAnyState_000000AndNothingForAnOperator()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app, call => call.With("testFlag", "1"));
        var expiresAt = app.Time.GetUtcNow() + TimeSpan.FromDays(1);
        V2Call[] cases =
        [
            V2Call.Refresh(license.Id, expiresAt), V2Call.Refresh(license.Id, expiresAt - TimeSpan.FromDays(1), "UNSUBSCRIBE_RENEWAL_PERIOD"),
            V2Call.Status(license.Id, "FREEZE"), V2Call.Status(license.Id, "UNFREEZE"), V2Call.Query(license.Id), V2Call.Release(license.Id),
        ];

        for (var replay = 0; replay < 20; replay++)
        {
            foreach (var call in cases)
            {
                Assert.That((await app.MarketplaceV2.SendAsync(call.With("testFlag", "1"))).ResultCode, Is.EqualTo("000000"), call.ToString());
            }

            app.Time.Advance(TimeSpan.FromHours(12));
        }

        Assert.That(app.Query("SELECT COUNT(*) FROM conflicts").Single(), Is.Zero);
        Assert.That(app.Logs.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Message), Is.Empty);
    }

    [Test]
    public async Task Refresh_Refused_IsToldOnceAnHourWithWhatHappensNext()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var call = V2Call.Refresh("lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB", app.Time.GetUtcNow() + TimeSpan.FromDays(100));
        for (var minutes = 0; minutes < 60; minutes += 2)
        {
            await app.MarketplaceV2.SendAsync(call);
            app.Time.Advance(TimeSpan.FromMinutes(2));
        }

        var told = app.Logs.Lines.Where(line => line.Level == LogLevel.Warning && line.Message.Contains("refreshInstance", StringComparison.Ordinal)).ToList();
        Assert.That(told, Has.Count.EqualTo(1));
        Assert.That(told[0].Message, Does.Contain("for two hours").And.Contain("000003"));
    }
}
