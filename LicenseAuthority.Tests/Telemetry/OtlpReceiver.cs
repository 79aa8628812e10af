using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>Takes OTLP over HTTP as a collector does, on real Kestrel, and keeps what came.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, string ContentType, byte[] Body)> _received = new();
    private readonly WebApplication _host;

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _host = builder.Build();
        _host.MapPost("/{**path}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _received.Enqueue((request.Path.Value!, request.ContentType ?? "", body.ToArray()));
        });
    }

    public string Address => _host.Urls.Single();

    /// <summary>The paths to which something was posted, with its type.</summary>
    public IEnumerable<string> Paths => _received.Select(request => $"{request.Path} {request.ContentType}").Distinct();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._host.StartAsync();
        return receiver;
    }

    /// <summary>All that came to a path. Texts in protobuf are plain UTF-8, so they can be looked for; other bytes become replacement characters.</summary>
    public string TextOf(string path) => string.Join('\n', _received.Where(request => request.Path == path).Select(request => Encoding.UTF8.GetString(request.Body)));

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
