using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LicenseAuthority.Outbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A service whose webhooks may stay on this machine, whose outbox is sent when the test says so, without jitter; and receivers. All end with the test.
/// </summary>
internal abstract class WebhookTests
{
    /// <summary>What the service is started with.</summary>
    protected static readonly string[] Settings = ["Webhooks:AllowPrivateAddresses=true", "Outbox:Enabled=false", "Expiry:Enabled=false"];

    private readonly List<WebhookReceiver> _receivers = [];

    protected LicenseAuthorityApplication App { get; private set; } = null!;

    /// <summary>The only receiver of most tests.</summary>
    protected WebhookReceiver Receiver => _receivers[0];

    protected OutboxDispatcher Dispatcher => App.Services.GetRequiredService<OutboxDispatcher>();

    [SetUp]
    public async Task StartAsync()
    {
        App = await LicenseAuthorityApplication.StartAsync(Settings, WithoutJitter);
        await StartReceiverAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await App.DisposeAsync();
        foreach (var receiver in _receivers)
        {
            await receiver.DisposeAsync();
        }

        _receivers.Clear();
    }

    protected static void WithoutJitter(WebApplicationBuilder builder) =>
        builder.Services.Replace(ServiceDescriptor.Singleton(new Backoff(static () => 0.5)));

    protected async Task<WebhookReceiver> StartReceiverAsync()
    {
        var receiver = await WebhookReceiver.StartAsync();
        _receivers.Add(receiver);
        return receiver;
    }

    protected Task<AdminReply> AddAsync(string url, params string[] events) => App.Admin.PostAsync("webhooks", JsonContent.Create(new { url, events }));

    /// <summary>Adds a webhook to a receiver; returns what the answer shows.</summary>
    protected async Task<JsonElement> SubscribeAsync(WebhookReceiver receiver, params string[] events)
    {
        var reply = await AddAsync(receiver.Url, events);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.Created), reply.ToString());
        return reply.Json;
    }

    protected async Task<string> SubscribedIdAsync(params string[] events) => (await SubscribeAsync(Receiver, events)).GetProperty("id").GetString()!;

    /// <summary>Sends what is due now, and what becomes due by that, until nothing is.</summary>
    protected async Task SendAsync()
    {
        while (await Dispatcher.DispatchAsync(CancellationToken.None) > 0)
        {
            await Dispatcher.WhenIdleAsync();
        }
    }

    /// <summary>Lets time pass, then sends.</summary>
    protected Task SendAfterAsync(TimeSpan wait)
    {
        App.Time.Advance(wait);
        return SendAsync();
    }

    protected Task<List<JsonElement>> DeliveriesAsync(string webhookId, string filter = "") => App.Admin.ListAsync($"webhooks/{webhookId}/deliveries{filter}");

    protected async Task<JsonElement> DeliveryAsync(string webhookId) => (await DeliveriesAsync(webhookId)).Single();
}
