using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Doors;

/// <summary>An address as people type it at a shell was answered 400 and not a word.</summary>
internal sealed class UnencodedAddressTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("/admin/v1/licenses?customer=北京")]
    [TestCase("/marketplace/koogallery?customerName=é")]
    [TestCase("/é")]
    public async Task Address_WithRawUtf8_IsAProblemThatSaysSo(string address)
    {
        var answer = await SendAsync([Encoding.UTF8.GetBytes($"GET {address} HTTP/1.1\r\nHost: a\r\n\r\n")]);

        Assert.That(answer, Does.StartWith("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"));
        var problem = JsonElement.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo("not-encoded"));
        Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(400));
        Assert.That(problem.GetProperty("detail").GetString(), Does.Contain("Percent-encode"));
    }

    // The look at how a connection begins must not change what the server sees.
    [Test]
    public async Task Request_InPieces_IsServed([Values(1, 5, 1000)] int size)
    {
        var request = Encoding.UTF8.GetBytes("GET /health/live HTTP/1.1\r\nHost: a\r\nX-Name: é\r\nConnection: close\r\n\r\n".Replace("é", "e", StringComparison.Ordinal));

        Assert.That(await SendAsync([.. request.Chunk(size)]), Does.StartWith("HTTP/1.1 200 OK"));
    }

    [Test]
    public async Task Body_WithUtf8_IsServed()
    {
        var body = Encoding.UTF8.GetBytes("{\"reason\":\"测试\"}");
        var head = $"POST /admin/v1/licenses/lic_1/freeze HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {LicenseAuthorityApplication.AdminKey}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";

        Assert.That(await SendAsync([[.. Encoding.ASCII.GetBytes(head), .. body]]), Does.StartWith("HTTP/1.1 404 ").And.Contain("license-not-found"));
    }

    private async Task<string> SendAsync(IReadOnlyList<byte[]> pieces)
    {
        using var connection = new TcpClient { NoDelay = true };
        await connection.ConnectAsync(_app.Client.BaseAddress!.Host, _app.Client.BaseAddress.Port);
        foreach (var piece in pieces)
        {
            await connection.GetStream().WriteAsync(piece);
        }

        using var answer = new StreamReader(connection.GetStream());
        return await answer.ReadToEndAsync();
    }
}
