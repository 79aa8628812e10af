using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Webhooks;

/// <summary>Receivers that fail in every way that receivers do.</summary>
[OnEveryDatabase]
internal sealed class WebhookFaultTests : WebhookTests
{
    [TestCase(500)]
    [TestCase(400)]
    [TestCase(404)]
    [TestCase(429)]
    [TestCase(304)]
    public async Task Send_AnswerIsAFailure_TriedAgainWithTheSameId(int status)
    {
        Receiver.Answer = WebhookReceiver.With(status, status == 304 ? "" : "not today");
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        var failed = await DeliveryAsync(id);
        Receiver.Answer = WebhookReceiver.With(204);

        await SendAfterAsync(TimeSpan.FromSeconds(4.9));
        Assert.That(Receiver.Received, Has.Count.EqualTo(1), "not before its time");
        await SendAfterAsync(TimeSpan.FromSeconds(0.1));

        var delivered = await DeliveryAsync(id);
        Assert.That(failed.GetProperty("status").GetString(), Is.EqualTo("pending"));
        Assert.That(failed.GetProperty("lastAttempt").GetProperty("status").GetInt32(), Is.EqualTo(status));
        Assert.That(failed.GetProperty("lastAttempt").GetProperty("error").GetString(), Does.Contain($"answered {status}"));
        Assert.That(failed.GetProperty("nextAttemptAt").GetString(), Is.EqualTo("2026-06-01T00:00:05Z"));
        Assert.That(delivered.GetProperty("status").GetString(), Is.EqualTo("delivered"));
        Assert.That(delivered.GetProperty("attempts").GetInt32(), Is.EqualTo(2));
        Assert.That(delivered.GetProperty("lastAttempt").GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null));
        var (first, second) = (Receiver.Received.First(), Receiver.Received.Last());
        Assert.That(second.Id, Is.EqualTo(first.Id));
        Assert.That(second.Text, Is.EqualTo(first.Text));
        Assert.That(second.Headers["webhook-timestamp"], Is.Not.EqualTo(first.Headers["webhook-timestamp"]), "the attempt's time");
    }

    [Test]
    public async Task Send_ReceiverHangs_GivenUpAfterTheTimeout_AndOthersGoOn()
    {
        var healthy = await StartReceiverAsync();
        Receiver.Answer = WebhookReceiver.HangAsync;
        var id = await SubscribedIdAsync("license.issued");
        await SubscribeAsync(healthy, "license.issued");
        await SoldLicense.BuyAsync(App);

        await Dispatcher.DispatchAsync(CancellationToken.None);
        await Receiver.NextAsync();
        await healthy.NextAsync();
        App.Time.Advance(TimeSpan.FromSeconds(15));
        await Dispatcher.WhenIdleAsync();

        Assert.That((await LastErrorAsync(id)), Is.EqualTo("no answer within 15 s"));
    }

    // It may have worked on it: the next attempt comes all the same, and the id tells that it is the same.
    [Test]
    public async Task Send_AnswerComesAfterTheTimeout_TriedAgain()
    {
        var late = new TaskCompletionSource();
        Receiver.Answer = async context =>
        {
            await late.Task;
            context.Response.StatusCode = 200;
        };
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await Dispatcher.DispatchAsync(CancellationToken.None);
        await Receiver.NextAsync();
        App.Time.Advance(TimeSpan.FromSeconds(15));
        await Dispatcher.WhenIdleAsync();
        late.SetResult();

        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That((await DeliveryAsync(id)).GetProperty("status").GetString(), Is.EqualTo("delivered"));
        Assert.That(Receiver.Received.Select(received => received.Id).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Send_ReceiverClosesOrIsGone_TriedAgain()
    {
        Receiver.Answer = WebhookReceiver.CloseAsync;
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        var closed = await LastErrorAsync(id);
        await Receiver.DisposeAsync();

        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That(closed, Does.Contain("broke"));
        Assert.That(await LastErrorAsync(id), Is.EqualTo("no connection"));
    }

    [Test]
    public async Task Send_Redirect_NotFollowed()
    {
        var elsewhere = await StartReceiverAsync();
        Receiver.Answer = WebhookReceiver.With(307, header: "Location", value: elsewhere.Url);
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        Assert.That(elsewhere.Received, Is.Empty);
        Assert.That(await LastErrorAsync(id), Does.Contain("307").And.Contains("not followed"));
    }

    [Test]
    public async Task Send_AnswerWithoutEnd_OnlyItsBeginningIsReadAndKept()
    {
        // Characters of three bytes, which 1,024 does not divide.
        var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("许可证", 8192)));
        var closed = new TaskCompletionSource();
        Receiver.Answer = async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece, CancellationToken.None);
            }

            closed.SetResult();
        };
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        var delivery = await DeliveryAsync(id);
        await closed.Task.WaitAsync(Patience.Length);
        Assert.That(delivery.GetProperty("status").GetString(), Is.EqualTo("delivered"));
        Assert.That(delivery.GetProperty("lastAttempt").GetProperty("answer").GetString(), Has.Length.EqualTo(WebhookSender.LongestAnswer / 3).And.StartsWith("许可证"));
    }

    [Test]
    public async Task Send_AnswersBodyBreaksOff_TheStatusCounts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var id = IdOf((await AddAsync($"http://{listener.LocalEndpoint}/", "license.issued")).Json);
        await SoldLicense.BuyAsync(App);

        await Dispatcher.DispatchAsync(CancellationToken.None);
        using (var connection = await listener.AcceptSocketAsync())
        {
            var buffer = new byte[8192];
            for (var request = ""; !request.EndsWith("}}", StringComparison.Ordinal);)
            {
                request += Encoding.UTF8.GetString(buffer, 0, await connection.ReceiveAsync(buffer));
            }

            await connection.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"));
            connection.Shutdown(SocketShutdown.Send);
            await Dispatcher.WhenIdleAsync();
        }

        var delivery = await DeliveryAsync(id);
        Assert.That(delivery.GetProperty("status").GetString(), Is.EqualTo("delivered"));
        Assert.That(delivery.GetProperty("lastAttempt").GetProperty("answer").GetString(), Is.EqualTo("begun"));
    }

    [TestCase("120", 120)]
    [TestCase("1", 5)]
    [TestCase("1000000", 3600)]
    [TestCase("Mon, 01 Jun 2026 00:10:00 GMT", 600)]
    [TestCase("nonsense", 5)]
    public async Task Send_RetryAfter_HonouredWithinBounds(string value, int seconds)
    {
        Receiver.Answer = WebhookReceiver.With(503, "", "Retry-After", value);
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        var next = (await DeliveryAsync(id)).GetProperty("nextAttemptAt").GetDateTimeOffset();
        Assert.That(next - App.Time.GetUtcNow(), Is.EqualTo(TimeSpan.FromSeconds(seconds)));
    }

    [Test]
    public async Task Send_RetryAfter_OtherMessagesWaitToo()
    {
        Receiver.Answer = WebhookReceiver.With(429, "", "Retry-After", "60");
        await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        Receiver.Answer = WebhookReceiver.With(204);
        await SoldLicense.BuyAsync(App);

        await SendAfterAsync(TimeSpan.FromSeconds(59));
        Assert.That(Receiver.Received, Has.Count.EqualTo(1));
        await SendAfterAsync(TimeSpan.FromSeconds(1));

        Assert.That(Receiver.Received, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Send_FailingReceiver_IsTriedWithOneMessageAtATime()
    {
        Receiver.Answer = WebhookReceiver.With(500);
        await SubscribedIdAsync("license.issued");
        for (var i = 0; i < 6; i++)
        {
            await SoldLicense.BuyAsync(App);
        }

        var begun = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            begun.Add(await Dispatcher.DispatchAsync(CancellationToken.None));
            await Dispatcher.WhenIdleAsync();
        }

        Assert.That(begun, Is.EqualTo([4, 1, 1]));
    }

    [Test]
    public async Task Send_Gone_DisablesTheWebhook_UntilAnOperatorEnablesIt()
    {
        Receiver.Answer = WebhookReceiver.With(410, "closed for ever");
        var id = await SubscribedIdAsync("license.issued", "license.revoked");
        var license = await SoldLicense.BuyAsync(App);
        await license.CommandAsync("revoke");
        await SendAsync();
        await SoldLicense.BuyAsync(App);
        await SendAsync();

        var shown = (await App.Admin.GetAsync("webhooks/" + id)).Json;
        var parked = await DeliveriesAsync(id, "?status=parked");
        var refused = await App.Admin.PostAsync($"webhooks/{id}/deliveries/{IdOf(parked[1])}/resend");
        Assert.That(Receiver.Received, Has.Count.EqualTo(1), "nothing more is sent");
        Assert.That(shown.GetProperty("disabled").GetProperty("reason").GetString(), Does.Contain("410"));
        Assert.That(parked, Has.Count.EqualTo(2), "the one that waited behind it too, and no new one");
        Assert.That(refused.Code, Is.EqualTo("webhook-disabled"));
        Assert.That(App.Logs.Lines, Has.One.Property("Level").EqualTo(LogLevel.Warning).And.Property("Message").Contains("gone"));

        Receiver.Answer = WebhookReceiver.With(204);
        var enabled = await App.Admin.PostAsync($"webhooks/{id}/enable");
        await App.Admin.PostAsync($"webhooks/{id}/deliveries/{IdOf(parked[1])}/resend");
        await SendAsync();
        Assert.That(enabled.Json.GetProperty("disabled").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Receiver.Received, Has.Count.EqualTo(2));
    }

    // A name that anybody may have point anywhere, and an address that was allowed when the webhook was made.
    [TestCase("https://localhost:{0}/")]
    [TestCase("http://localhost:{0}/")]
    [TestCase("http://127.0.0.1:{0}/")]
    [TestCase("http://[::ffff:127.0.0.1]:{0}/")]
    [TestCase("http://[::1]:{0}/")]
    [TestCase("http://10.0.0.1:{0}/")]
    [TestCase("http://169.254.169.254/")]
    [TestCase("http://[fd00::1]/")]
    [TestCase("http://[64:ff9b::7f00:1]/")]
    public async Task Send_PrivateAddress_RefusedWhenConnecting(string url)
    {
        var reply = await AddAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, new Uri(Receiver.Url).Port), "license.issued");
        var id = IdOf(reply.Json);
        await App.RestartAsync("Webhooks:AllowPrivateAddresses=false");
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        Assert.That(Receiver.Received, Is.Empty);
        Assert.That(await LastErrorAsync(id), Does.Contain("not public"));
    }

    [Test]
    public async Task Send_ReceiverWithoutACertificateOrName_ToldApart()
    {
        var unencrypted = IdOf((await AddAsync(Receiver.Url.Replace("http:", "https:", StringComparison.Ordinal), "license.issued")).Json);
        var unknown = IdOf((await AddAsync("https://hooks.invalid/", "license.issued")).Json);
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        Assert.That(await LastErrorAsync(unencrypted), Does.Contain("TLS"));
        Assert.That(await LastErrorAsync(unknown), Does.Contain("cannot be resolved"));
    }

    [Test]
    public async Task Send_SecretOfAnotherPassphrase_FailsAndSaysSo()
    {
        var id = await SubscribedIdAsync("license.issued");
        await App.RestartAsync("Keys:Passphrase=another passphrase of Development");
        await SoldLicense.BuyAsync(App);

        await SendAsync();

        Assert.That(Receiver.Received, Is.Empty);
        Assert.That(await LastErrorAsync(id), Does.Contain("Keys:Passphrase").And.Not.Contain("another passphrase of Development"));
    }

    [Test]
    public async Task Logs_OfAllThis_HoldNoSecretAndNoUrl()
    {
        Receiver.Answer = WebhookReceiver.With(410, "an answer with a token");
        var added = await SubscribeAsync(Receiver, "license.issued");
        await AddAsync("https://user:password@hooks.example/", "license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        Receiver.Answer = WebhookReceiver.CloseAsync;
        await App.Admin.PostAsync($"webhooks/{IdOf(added)}/enable");
        await SoldLicense.BuyAsync(App);
        await SendAsync();

        var text = string.Join('\n', App.Logs.Lines.Select(line => $"{line.Category} {line.Message} {line.Parameters} {line.Exception}"));
        foreach (var secret in new[] { added.GetProperty("secret").GetString()!["whsec_".Length..], "from=la", "password@", "an answer with a token" })
        {
            Assert.That(
                text.Contains(secret, StringComparison.Ordinal),
                Is.False,
                () => App.Logs.Lines.First(line => $"{line.Message} {line.Parameters} {line.Exception}".Contains(secret, StringComparison.Ordinal)).ToString());
        }
    }

    private async Task<string?> LastErrorAsync(string webhookId) =>
        (await DeliveryAsync(webhookId)).GetProperty("lastAttempt").GetProperty("error").GetString();

    private static string IdOf(JsonElement item) => item.GetProperty("id").GetString()!;
}
