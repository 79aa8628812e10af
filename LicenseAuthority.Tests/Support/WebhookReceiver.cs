using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

/// <summary>A receiver of webhooks: a real server on this machine that answers as a test tells it. Thread-safe.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly Channel<ReceivedWebhook> _arrivals = Channel.CreateUnbounded<ReceivedWebhook>();
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();

    private WebhookReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _host = builder.Build();
        _host.Run(ReceiveAsync);
    }

    /// <summary>How it answers; 204 unless told otherwise.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = With(204);

    public string Url => _host.Urls.Single() + "/hooks?from=la";

    /// <summary>All that came, in the order in which it did.</summary>
    public IReadOnlyCollection<ReceivedWebhook> Received => _received;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._host.StartAsync();
        return receiver;
    }

    /// <summary>Answers with a status, and perhaps a body and a header.</summary>
    public static Func<HttpContext, Task> With(int status, string body = "", string? header = null, string? value = null) => async context =>
    {
        context.Response.StatusCode = status;
        if (header is not null)
        {
            context.Response.Headers[header] = value;
        }

        if (body.Length > 0)
        {
            await context.Response.WriteAsync(body);
        }
    };

    /// <summary>Never answers, until the caller gives up.</summary>
    public static async Task HangAsync(HttpContext context)
    {
        var given = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(given.SetResult);
        await given.Task;
    }

    /// <summary>Closes the connection.</summary>
    public static Task CloseAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>The next request that nobody has waited for yet.</summary>
    public Task<ReceivedWebhook> NextAsync() => _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Patience.Length);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
        var received = new ReceivedWebhook(context.Request.Method, context.Request.Path + context.Request.QueryString, headers, body.ToArray());
        _received.Enqueue(received);
        _arrivals.Writer.TryWrite(received);
        await Answer(context);
    }
}
