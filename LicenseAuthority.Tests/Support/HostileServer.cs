using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

/// <summary>A server of the tests' own, that answers licensed software with whatever a test likes, over real HTTP.</summary>
internal sealed class HostileServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private HostileServer(WebApplication host) => _host = host;

    /// <summary>Where it listens, without a slash at the end: the issuer of the codes of a test.</summary>
    public string Address { get; private set; } = "";

    /// <summary>What was asked, as "POST /path".</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The bodies that came.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>How it answers; 404 by default.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = static context =>
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    };

    public static async Task<HostileServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new HostileServer(builder.Build());
        server._host.Run(async context =>
        {
            server.Asked.Enqueue($"{context.Request.Method} {context.Request.Path}");
            using var reader = new StreamReader(context.Request.Body);
            server.Bodies.Enqueue(await reader.ReadToEndAsync(context.RequestAborted));
            await server.Answer(context);
        });
        await server._host.StartAsync();
        server.Address = server._host.Urls.First();
        return server;
    }

    /// <summary>Answers with this text and status.</summary>
    public void Say(string text, int status = 200, string type = "application/json") => Answer = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text, context.RequestAborted);
    };

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.DisposeAsync();
    }
}
