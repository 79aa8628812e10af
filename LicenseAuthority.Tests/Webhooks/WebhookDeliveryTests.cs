using System.Globalization;
using System.Text.Json;
using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Keys;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Webhooks;

/// <summary>What a receiver gets, and when.</summary>
[OnEveryDatabase]
internal sealed class WebhookDeliveryTests : WebhookTests
{
    [Test]
    public async Task Event_Subscribed_ArrivesAsTheDocumentsSay()
    {
        var added = await SubscribeAsync(Receiver, "license.issued");
        App.Time.Advance(TimeSpan.FromMilliseconds(1500));
        var license = await SoldLicense.BuyAsync(App);

        await SendAfterAsync(TimeSpan.FromMinutes(5));

        var received = Receiver.Received.Single();
        var timestamp = long.Parse(received.Headers["webhook-timestamp"], CultureInfo.InvariantCulture);
        Assert.That(received.Method, Is.EqualTo("POST"));
        Assert.That(received.Target, Is.EqualTo("/hooks?from=la"));
        Assert.That(received.Headers["content-type"], Is.EqualTo("application/json"));
        Assert.That(received.Id, Does.Match("^msg_[0-9A-HJKMNP-TV-Z]{26}$"));
        Assert.That(timestamp, Is.EqualTo(App.Time.GetUtcNow().ToUnixTimeSeconds()), "of the attempt, not of the event");
        Assert.That(
            received.Text,
            Is.EqualTo(
                $$$"""
                {"type":"license.issued","timestamp":"2026-06-01T00:00:01Z","data":{"licenseId":"{{{license.Id}}}","product":"demo-product","test":false,"trial":false,"account":"default","state":"Active","quantity":5,"startsAt":"2026-06-01T00:00:01Z","expiresAt":"2026-06-11T00:00:01Z","graceEndsAt":"2026-06-26T00:00:01Z","customerId":"{{{CustomerIdOf(received)}}}","marketplaceCustomerId":"c0ffee00c0ffee00c0ffee00c0ffee00","actor":"marketplace","activity":"getLicense","orderId":"{{{license.OrderId}}}","orderLineId":null,"conflictId":null,"remark":null}}
                """));
        AssertSigned(received, added);
    }

    [Test]
    public async Task Unserved_OrderWithoutALicense_ArrivesAsTheDocumentsSay()
    {
        var id = await SubscribedIdAsync("order.unserved");
        await App.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "0"));
        await App.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "-1"));
        await App.Marketplace.SendAsync(GetLicenseCall.For("CS2").With("amount", "0").With("testFlag", "1"));

        await SendAsync();

        var conflict = (await App.Admin.ListIdsAsync("conflicts")).Single();
        Assert.That(
            Receiver.Received.Single().Text,
            Is.EqualTo(
                $$$"""
                {"type":"order.unserved","timestamp":"2026-06-01T00:00:00Z","data":{"licenseId":null,"product":null,"test":false,"trial":false,"account":"default","state":null,"quantity":null,"startsAt":null,"expiresAt":"2027-06-01T15:59:59Z","graceEndsAt":null,"customerId":null,"marketplaceCustomerId":"c0ffee00c0ffee00c0ffee00c0ffee00","actor":"marketplace","activity":"getLicense","orderId":"CS1","orderLineId":null,"conflictId":"{{{conflict}}}","remark":"answered 000002 the parameter amount must be a whole number from 1 to 9999999","instanceId":null,"marketplaceProductId":"OFFI000000000000000001"}}
                """));
        Assert.That((await DeliveryAsync(id)).GetProperty("licenseId").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Notice_AboutNoLicense_GoesToThoseWhoAskedForIt()
    {
        var shown = await SubscribeAsync(Receiver, "order.unserved", "marketplace.call_failed");
        await SubscribeAsync(Receiver, "order.unserved", "license.issued");

        var message = App.Services.GetRequiredService<OutboxFeed>()
            .MessagesOf(new Notice(WebhookEvents.CallFailed, App.Time.GetUtcNow(), static writer => writer.WriteNumber("failed", 3)))
            .Single();

        Assert.That(shown.GetProperty("events").GetRawText(), Is.EqualTo("""["order.unserved","marketplace.call_failed"]"""));
        Assert.That(message.DestinationId, Is.EqualTo(shown.GetProperty("id").GetString()));
        Assert.That(message.Type, Is.EqualTo("marketplace.call_failed"));
        Assert.That(message.OrderingKey, Is.Null, "nothing has to go before it");
        Assert.That(
            message.Payload, Is.EqualTo("""{"type":"marketplace.call_failed","timestamp":"2026-06-01T00:00:00Z","data":{"licenseId":null,"failed":3}}"""));
    }

    [Test]
    public async Task Delivery_Delivered_IsListedWithTheAnswer()
    {
        Receiver.Answer = WebhookReceiver.With(200, "thanks\u0000 许可");
        var id = await SubscribedIdAsync("license.issued");
        var license = await SoldLicense.BuyAsync(App);
        var before = await DeliveryAsync(id);

        await SendAsync();

        var after = await DeliveryAsync(id);
        Assert.That(before.GetProperty("status").GetString(), Is.EqualTo("pending"));
        Assert.That(before.GetProperty("attempts").GetInt32(), Is.Zero);
        Assert.That(after.GetProperty("status").GetString(), Is.EqualTo("delivered"));
        Assert.That(after.GetProperty("attempts").GetInt32(), Is.EqualTo(1));
        Assert.That(after.GetProperty("licenseId").GetString(), Is.EqualTo(license.Id));
        Assert.That(after.GetProperty("type").GetString(), Is.EqualTo("license.issued"));
        Assert.That(after.GetProperty("lastAttempt").GetProperty("status").GetInt32(), Is.EqualTo(200));
        Assert.That(after.GetProperty("lastAttempt").GetProperty("answer").GetString(), Is.EqualTo("thanks  许可"));
        Assert.That(after.GetProperty("payload").GetRawText(), Is.EqualTo(Receiver.Received.Single().Text));
        Assert.That(after.GetProperty("nextAttemptAt").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Events_OfALicense_ArriveInTheirOrderAndOnlyThoseAskedFor()
    {
        await SubscribedIdAsync("license.issued", "license.frozen", "license.unfrozen", "license.revoked");
        var license = await SoldLicense.BuyAsync(App);
        await license.CommandAsync("freeze");
        await license.CommandAsync("unfreeze");
        await license.RefreshAsync(App.Time.GetUtcNow() + TimeSpan.FromDays(20));
        await license.CommandAsync("revoke", "chargeback");

        await SendAsync();

        Assert.That(Receiver.Received.Select(received => received.Type), Is.EqualTo(["license.issued", "license.frozen", "license.unfrozen", "license.revoked"]));
        Assert.That(Receiver.Received.Select(received => received.Data.GetProperty("state").GetString()), Is.EqualTo(["Active", "Frozen", "Active", "Revoked"]));
        Assert.That(Receiver.Received.Last().Data.GetProperty("remark").GetString(), Is.EqualTo("chargeback"));
        Assert.That(Receiver.Received.Last().Data.GetProperty("actor").GetString(), Is.EqualTo("admin:bootstrap"));
    }

    [Test]
    public async Task Events_OfTheClock_ArriveFromTheSweepAndFromACall()
    {
        await SubscribedIdAsync("license.frozen", "license.released", "license.renewed");
        var swept = await Given.LicenseAsync(App, GivenState.FrozenByClock);
        await Given.SettleDueAsync(App);
        await SendAsync();
        var renewed = await swept.RefreshAsync(App.Time.GetUtcNow() + TimeSpan.FromDays(30));
        App.Time.Advance(TimeSpan.FromDays(60));
        await Given.SettleDueAsync(App);

        await SendAsync();

        Assert.That(renewed.ResultCode, Is.EqualTo("000000"));
        Assert.That(
            Receiver.Received.Select(received => $"{received.Type} {received.Data.GetProperty("actor").GetString()}"),
            Is.EqualTo(["license.frozen clock", "license.renewed marketplace", "license.frozen clock", "license.released clock"]));
    }

    [Test]
    public async Task ConflictAndUnserved_NameTheConflict()
    {
        await SubscribedIdAsync("call.conflict", "order.unserved");
        var license = await SoldLicense.BuyAsync(App);
        await App.Marketplace.SendAsync(license.Purchase.With("amount", "6").With("timeStamp", InstanceCall.NewTimeStamp()));
        await license.CommandAsync("revoke");
        App.Time.Advance(TimeSpan.FromSeconds(1));
        await license.RefreshAsync(App.Time.GetUtcNow() + TimeSpan.FromDays(20));

        await SendAsync();

        var conflicts = await license.ConflictsAsync();
        Assert.That(Receiver.Received.Select(received => received.Type), Is.EqualTo(["call.conflict", "order.unserved"]));
        Assert.That(
            Receiver.Received.Select(received => received.Data.GetProperty("conflictId").GetString()),
            Is.EqualTo(conflicts.Select(conflict => conflict.GetProperty("id").GetString()).Reverse()));
    }

    [Test]
    public async Task TestLicense_IsMarked()
    {
        await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App, call => call.With("testFlag", "1"));

        await SendAsync();

        Assert.That(Receiver.Received.Single().Data.GetProperty("test").GetBoolean(), Is.True);
    }

    [Test]
    public async Task NobodySubscribed_NothingIsWritten()
    {
        await SubscribedIdAsync("license.revoked");
        await SoldLicense.BuyAsync(App);

        Assert.That(App.Query("SELECT id FROM outbox"), Is.Empty);
    }

    [Test]
    public async Task TwoWebhooks_EachGetsItWithAnIdAndASecretOfItsOwn()
    {
        var other = await StartReceiverAsync();
        var first = await SubscribeAsync(Receiver, "license.issued");
        var second = await SubscribeAsync(other, "license.issued");
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        Assert.That(other.Received.Single().Id, Is.Not.EqualTo(Receiver.Received.Single().Id));
        Assert.That(other.Received.Single().Text, Is.EqualTo(Receiver.Received.Single().Text));
        AssertSigned(Receiver.Received.Single(), first);
        AssertSigned(other.Received.Single(), second);
    }

    [Test]
    public async Task Secret_AfterARestart_IsTheSame()
    {
        var added = await SubscribeAsync(Receiver, "license.issued");
        await App.RestartAsync();
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        AssertSigned(Receiver.Received.Single(), added);
    }

    // openssl knows nothing of our code.
    private static void AssertSigned(ReceivedWebhook received, JsonElement webhook)
    {
        var key = Convert.ToHexString(Convert.FromBase64String(webhook.GetProperty("secret").GetString()!["whsec_".Length..]));
        var content = $"{received.Id}.{received.Headers["webhook-timestamp"]}.{received.Text}";
        var expected = OpenSsl.Run("", content, "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + key, "-binary");

        Assert.That(received.Headers["webhook-signature"], Is.EqualTo("v1," + Convert.ToBase64String(expected)));
    }

    private static string CustomerIdOf(ReceivedWebhook received) => received.Data.GetProperty("customerId").GetString()!;
}
