using System.Net;
using System.Net.Http.Headers;
using System.Text;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Admin;

/// <summary>Operators add, list, enable and delete webhooks.</summary>
[OnEveryDatabase]
internal sealed class WebhookEndpointsTests : WebhookTests
{
    [Test]
    public async Task Add_Valid_ShowsTheSecretOnce()
    {
        var added = await SubscribeAsync(Receiver, "license.issued", "license.revoked", "license.issued");

        var id = added.GetProperty("id").GetString()!;
        var secret = added.GetProperty("secret").GetString()!;
        var shown = (await App.Admin.GetAsync("webhooks/" + id)).Json;
        var listed = (await App.Admin.ListAsync("webhooks")).Single();
        Assert.That(id, Does.Match("^whk_[0-9A-HJKMNP-TV-Z]{26}$"));
        Assert.That(secret, Does.StartWith("whsec_"));
        Assert.That(Convert.FromBase64String(secret["whsec_".Length..]), Has.Length.EqualTo(32));
        Assert.That(shown.GetProperty("url").GetString(), Is.EqualTo(Receiver.Url));
        Assert.That(shown.GetProperty("events").EnumerateArray().Select(item => item.GetString()), Is.EqualTo(["license.issued", "license.revoked"]));
        Assert.That(shown.GetProperty("createdBy").GetString(), Is.EqualTo("admin:bootstrap"));
        Assert.That(shown.TryGetProperty("secret", out _), Is.False);
        Assert.That(listed.GetRawText(), Is.EqualTo(shown.GetRawText()));
    }

    [Test]
    public async Task Add_SecretInTheStore_IsEncryptedAndBoundToItsWebhook()
    {
        var first = await SubscribeAsync(Receiver, "license.issued");
        var second = await SubscribeAsync(Receiver, "license.issued");

        var id = first.GetProperty("id").GetString()!;
        var stored = (byte[])App.Query($"SELECT secret FROM webhooks WHERE id = '{id}'").Single();
        var secrets = App.Services.GetRequiredService<WebhookSecrets>();
        var secret = Convert.FromBase64String(first.GetProperty("secret").GetString()!["whsec_".Length..]);
        var damaged = stored.ToArray();
        damaged[^1] ^= 1;
        Assert.That(stored.AsSpan().IndexOf(secret), Is.EqualTo(-1));
        Assert.That(await secrets.TryDecryptAsync(id, stored, CancellationToken.None), Is.EqualTo(secret));
        Assert.That(await secrets.TryDecryptAsync(second.GetProperty("id").GetString()!, stored, CancellationToken.None), Is.Null, "of another webhook");
        Assert.That(await secrets.TryDecryptAsync(id, damaged, CancellationToken.None), Is.Null, "damaged");
        Assert.That(await secrets.TryDecryptAsync(id, stored[..29], CancellationToken.None), Is.Null, "cut");
        Assert.That(await secrets.TryDecryptAsync(id, [], CancellationToken.None), Is.Null, "empty");
    }

    [TestCase("{}", "bad-webhook", "url is missing")]
    [TestCase("[]", "bad-webhook", "object")]
    [TestCase("""{"url":"https://h.example"}""", "bad-webhook", "license.issued")]
    [TestCase("""{"url":"https://h.example","events":[]}""", "bad-webhook", "license.issued")]
    [TestCase("""{"url":"https://h.example","events":["call.noted"]}""", "bad-webhook", "order.unserved")]
    [TestCase("""{"url":"https://h.example","events":[1]}""", "bad-webhook", "order.unserved")]
    [TestCase("""{"url":"https://h.example","events":"license.issued"}""", "bad-webhook", "list")]
    [TestCase("""{"url":1,"events":["license.issued"]}""", "bad-webhook", "list")]
    [TestCase("""{"url":"https://h.example","events":["license.issued"],"secret":"x"}""", "bad-webhook", "no other")]
    [TestCase("""{"url":"https://h.example","url":"https://h.example","events":["license.issued"]}""", "bad-webhook", "once")]
    [TestCase("""{"url":"https://user:password@h.example","events":["license.issued"]}""", "bad-url", "password")]
    [TestCase("""{"url":"ftp://h.example","events":["license.issued"]}""", "bad-url", "https")]
    [TestCase("""{"url":"https://h.example","events":["license.issued"]""", "bad-json", "JSON")]
    [TestCase("", "bad-webhook", "body")]
    public async Task Add_Wrong_IsToldWhat(string body, string code, string word)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        var reply = await App.Admin.PostAsync("webhooks", content);

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(reply.Code, Is.EqualTo(code));
        Assert.That(reply.Detail, Does.Contain(word));
        Assert.That(App.Query("SELECT id FROM webhooks"), Is.Empty);
    }

    [Test]
    public async Task Add_PrivateAddressesNotAllowed_IsRefusedAsHttpAndAsAddress()
    {
        await App.RestartAsync("Webhooks:AllowPrivateAddresses=false");

        Assert.That((await AddAsync("http://hooks.example.com/", "license.issued")).Code, Is.EqualTo("bad-url"));
        Assert.That((await AddAsync("https://192.168.0.1/", "license.issued")).Code, Is.EqualTo("bad-url"));
        Assert.That((await AddAsync("https://hooks.example.com/", "license.issued")).Status, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task Add_OneTooMany_IsRefused()
    {
        for (var i = 0; i < WebhookRegistry.Most; i++)
        {
            await SubscribeAsync(Receiver, "license.issued");
        }

        var refused = await AddAsync(Receiver.Url, "license.issued");

        Assert.That((refused.Status, refused.Code), Is.EqualTo((HttpStatusCode.Conflict, "too-many-webhooks")));
        Assert.That(await App.Admin.ListIdsAsync("webhooks?limit=7"), Has.Count.EqualTo(WebhookRegistry.Most).And.Unique);
    }

    [Test]
    public async Task Delete_ItsMessagesGoWithIt_AndNothingIsSentAnyMore()
    {
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/admin/v1/webhooks/" + id);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LicenseAuthorityApplication.AdminKey);

        using var deleted = await App.Client.SendAsync(request);

        await SoldLicense.BuyAsync(App);
        await SendAsync();
        await Dispatcher.TidyAsync(CancellationToken.None);
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await App.Admin.GetAsync("webhooks/" + id)).Code, Is.EqualTo("webhook-not-found"));
        Assert.That((await App.Admin.GetAsync($"webhooks/{id}/deliveries")).Code, Is.EqualTo("webhook-not-found"));
        Assert.That(await App.Admin.ListAsync("webhooks"), Is.Empty);
        Assert.That(Receiver.Received, Is.Empty);
        Assert.That(App.Query("SELECT id FROM outbox"), Is.Empty);

        App.Time.Advance(TimeSpan.FromHours(2));
        await Dispatcher.TidyAsync(CancellationToken.None);
        Assert.That(App.Query("SELECT id FROM webhooks"), Is.Empty, "its row is forgotten after a time");
    }

    [TestCase("GET", "webhooks/whk_unknown", "webhook-not-found")]
    [TestCase("DELETE", "webhooks/whk_unknown", "webhook-not-found")]
    [TestCase("POST", "webhooks/whk_unknown/enable", "webhook-not-found")]
    [TestCase("GET", "webhooks/whk_unknown/deliveries", "webhook-not-found")]
    [TestCase("POST", "webhooks/whk_unknown/deliveries/msg_unknown/resend", "webhook-not-found")]
    [TestCase("GET", "webhooks?status=parked", "bad-query")]
    [TestCase("GET", "webhooks/whk_unknown/deliveries?status=lost", "bad-query")]
    [TestCase("GET", "webhooks/whk_unknown/deliveries?cursor=abc", "bad-query")]
    public async Task Any_NotThereOrMalformed_IsToldWhat(string method, string path, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/admin/v1/" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LicenseAuthorityApplication.AdminKey);
        using var response = await App.Client.SendAsync(request);

        Assert.That((await AdminReply.ReadAsync(response)).Code, Is.EqualTo(code));
    }

    [Test]
    public async Task Any_WithoutKey_IsRefused()
    {
        using var response = await App.AdminAsync("/admin/v1/webhooks", key: null);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Resend_UnknownDeliveryOrOfAnotherWebhook_NotFound()
    {
        var first = await SubscribedIdAsync("license.issued");
        var second = await SubscribedIdAsync("license.revoked");
        await SoldLicense.BuyAsync(App);
        var delivery = (await DeliveryAsync(first)).GetProperty("id").GetString();

        Assert.That((await App.Admin.PostAsync($"webhooks/{first}/deliveries/msg_unknown/resend")).Code, Is.EqualTo("delivery-not-found"));
        Assert.That((await App.Admin.PostAsync($"webhooks/{second}/deliveries/{delivery}/resend")).Code, Is.EqualTo("delivery-not-found"));
    }
}
