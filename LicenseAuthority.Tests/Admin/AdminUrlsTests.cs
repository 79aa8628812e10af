using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>The admin door on an address of its own: a proxy's rule on <c>/admin</c> is passed by <c>/ADMIN</c>, a port is not.</summary>
internal sealed class AdminUrlsTests
{
    private static readonly string[] Spellings = ["/admin/v1/webhooks", "/ADMIN/v1/webhooks", "/%61dmin/v1/webhooks", "/Admin/V1/WEBHOOKS", "//admin/v1/webhooks", "/./admin/v1/webhooks", "/x/../admin/v1/webhooks"];

    [Test]
    public async Task Door_WithAnAddressOfItsOwn_IsOpenThereAndClosedElsewhere([Values] bool kestrelsOwnSettings)
    {
        var port = FindFreePort();
        await using var app = await LicenseAuthorityApplication.StartAsync(
        [
            "Expiry:Enabled=false",
            $"Admin:Urls=http://127.0.0.1:{port}",
            .. kestrelsOwnSettings ? ["Kestrel:Endpoints:Public:Url=http://127.0.0.1:0"] : Array.Empty<string>(),
        ]);
        using var inside = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var outside = new HttpClient { BaseAddress = new Uri(app.Addresses.Single(address => !address.EndsWith($":{port}", StringComparison.Ordinal))) };

        foreach (var path in Spellings)
        {
            Assert.That(await StatusAsync(outside, path, LicenseAuthorityApplication.AdminKey), Is.EqualTo(HttpStatusCode.NotFound), path);
            Assert.That(await StatusAsync(outside, path, LicenseAuthorityApplication.AdminKey, $"127.0.0.1:{port}"), Is.EqualTo(HttpStatusCode.NotFound), path + " with the Host of the other");
        }

        Assert.That(await StatusAsync(inside, "/admin/v1/webhooks", LicenseAuthorityApplication.AdminKey), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync(inside, "/ADMIN/v1/webhooks", LicenseAuthorityApplication.AdminKey), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync(inside, "/%61dmin/v1/webhooks", null), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await new AdminCaller(inside).GetAsync("licenses/lic_1")).Code, Is.EqualTo("license-not-found"));
        foreach (var path in new[] { "/.well-known/jwks.json", "/health/ready", MarketplaceCaller.Path, "/nothing" })
        {
            Assert.That(await StatusAsync(inside, path, null), Is.EqualTo(HttpStatusCode.NotFound), path + " is no admin's");
        }

        Assert.That(await StatusAsync(outside, "/health/ready", null), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await new MarketplaceCaller(outside, LicenseAuthorityApplication.DemoAccessKey).SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [TestCase("http://127.0.0.1:0")]
    [TestCase("5081")]
    [TestCase("http://unix:/run/admin.sock")]
    [TestCase("http://127.0.0.1:5081/admin")]
    [TestCase("http://127.0.0.1:5099", Description = "where the others are")]
    public async Task Urls_ThatCannotBeToldFromOthers_AreRefusedAtStart(string urls)
    {
        var fault = await FaultAsync("urls=http://127.0.0.1:5099", $"Admin:Urls={urls}");

        Assert.That(fault?.Message, Does.StartWith("Admin:Urls has ").And.Contain("http://127.0.0.1:5081"));
    }

    private static async Task<ConfigurationException?> FaultAsync(params string[] settings)
    {
        try
        {
            await (await LicenseAuthorityApplication.StartAsync(settings)).DisposeAsync();
            return null;
        }
        catch (ConfigurationException exception)
        {
            return exception;
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path, string? key, string? host = null)
    {
        var address = new Uri(http.BaseAddress!.AbsoluteUri.TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        request.Headers.Host = host;
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private static int FindFreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(15_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }
}
