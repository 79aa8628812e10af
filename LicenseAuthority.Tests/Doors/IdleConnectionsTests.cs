using System.Net.Sockets;
using System.Text;
using LicenseAuthority.Doors;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Doors;

/// <summary>Connections that ask nothing must not keep out those that do.</summary>
internal sealed class IdleConnectionsTests
{
    private const int Most = 5;

    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false"], builder => builder.Services.Replace(ServiceDescriptor.Singleton(new IdleConnections(Most))));

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Connections_TooManyIdle_TheLongestIdleIsClosedAndNewOnesAreServed()
    {
        using var silent = await ConnectAsync();
        using var halfARequest = await ConnectAsync();
        await halfARequest.GetStream().WriteAsync("GET /health/li"u8.ToArray());
        using var kept = await ConnectAsync();
        await AskAsync(kept);
        var more = new List<TcpClient>();
        for (var i = 0; i < Most - 3; i++)
        {
            more.Add(await ConnectAsync());
        }

        // It has been idle for a shorter time than the others now, though it came early.
        await AskAsync(kept);
        for (var i = 0; i < 2; i++)
        {
            more.Add(await ConnectAsync());
            await AskAsync(more[^1]);
        }

        Assert.That(await IsClosedAsync(silent), Is.True);
        Assert.That(await IsClosedAsync(halfARequest), Is.True);
        await AskAsync(kept);
        foreach (var one in more)
        {
            await AskAsync(one);
            one.Dispose();
        }
    }

    [Test]
    public async Task Connections_ManyTimesTheLimitIdle_AnOrderIsServed()
    {
        var idle = new List<TcpClient>();
        for (var i = 0; i < 10 * Most; i++)
        {
            idle.Add(await ConnectAsync());
            Assert.That((await _app.Marketplace.SendAsync(GetLicenseCall.For($"CS{i}"))).ResultCode, Is.EqualTo("000000"));
        }

        Assert.That(await IsClosedAsync(idle[0]), Is.True);
        idle.ForEach(connection => connection.Dispose());
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(_app.Client.BaseAddress!.Host, _app.Client.BaseAddress.Port);
        return connection;
    }

    private static async Task AskAsync(TcpClient connection)
    {
        await connection.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await connection.GetStream().ReadAsync(buffer);
            Assert.That(read, Is.Positive, "the connection was closed");
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        Assert.That(answer.ToString(), Does.StartWith("HTTP/1.1 200"));
    }

    private static async Task<bool> IsClosedAsync(TcpClient connection)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            return await connection.GetStream().ReadAsync(new byte[1], patience.Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
