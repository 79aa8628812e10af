using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using LicenseAuthority.Tests.Docs;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>The nginx configuration of docs/operations.md, as it stands there, before the real service: only ports and the certificate's files are others.</summary>
internal sealed class NginxTests
{
    private string _folder = null!;
    private int _port;
    private string? _certificateHash;
    private LicenseAuthorityApplication _application = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Walk.Demand("nginx");
        _application = await LicenseAuthorityApplication.StartAsync(["ReverseProxy:KnownProxies:0=127.0.0.1", "Licensee:UnknownCodesPerMinute=2"]);
        _folder = TestFolder.Create("license-authority-nginx-");
        _port = FreePort.Find();
        WriteCertificate();
        await File.WriteAllTextAsync(Path.Combine(_folder, "nginx.conf"), Configuration());

        // As a daemon: the command returns when nginx listens.
        await NginxAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_application is null)
        {
            return;
        }

        if (File.Exists(Path.Combine(_folder, "nginx.pid")))
        {
            await NginxAsync("-s", "stop");
        }

        await _application.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task GetLicense_ThroughTls_IsServedAndSignedByLetter()
    {
        var query = _application.Marketplace.SignedQuery(GetLicenseCall.For("CS-nginx-1").Parameters);

        var answer = await RawAsync($"{MarketplaceCaller.Path}?{query}", "Accept-Encoding: gzip");

        Assert.That(answer, Does.StartWith("HTTP/1.1 200 OK\r\n"));
        Assert.That(answer, Does.Contain("\r\nBody-Sign: sign_type=\"HMAC-SHA256\""));
        var body = Encoding.UTF8.GetBytes(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.That(answer, Does.Contain(MarketplaceCaller.Mac(LicenseAuthorityApplication.DemoAccessKey, body)), "the body is what was signed");
        Assert.That(answer, Does.Contain("000000"));
    }

    [Test]
    public async Task GetLicense_QueryOf16KiB_ReachesTheService()
    {
        var answer = await RawAsync($"{MarketplaceCaller.Path}?activity=getLicense&customerName={new string('x', 16 * 1024)}");

        Assert.That(answer, Does.StartWith("HTTP/1.1 200 OK\r\n").And.Contain("Body-Sign: "));
    }

    [TestCase("/admin/v1/licenses")]
    [TestCase("/ADMIN/v1/licenses")]
    [TestCase("/%61dmin/v1/licenses")]
    [TestCase("//admin/v1/licenses")]
    [TestCase("/licensee/../admin/v1/licenses")]
    [TestCase("/licensee/%2e%2e/admin/v1/licenses")]
    [TestCase("/health/ready")]
    public async Task Path_ThatIsNotForTheOutside_IsClosed(string path)
    {
        var answer = await RawAsync(path, $"Authorization: Bearer {LicenseAuthorityApplication.AdminKey}");

        Assert.That(answer, Does.StartWith("HTTP/1.1 404 Not Found\r\n").And.Contain("nginx"));
    }

    [Test]
    public async Task Keys_ArePublic() => Assert.That(await RawAsync("/.well-known/jwks.json"), Does.StartWith("HTTP/1.1 200 OK\r\n").And.Contain("\"keys\""));

    // The proxy says who calls; what the caller says of itself is not passed on.
    [Test]
    public async Task Refresh_UnknownCodes_AreCountedByTheCallersOwnAddress()
    {
        var statuses = new List<string>();
        for (var i = 1; i <= 3; i++)
        {
            statuses.Add((await SendAsync("POST", "/licensee/v1/refresh", $"X-Forwarded-For: 192.0.2.{i}", "Content-Length: 0"))[..12]);
        }

        // From beside the proxy, as another address.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.Add("X-Forwarded-For", "192.0.2.1");
        using var other = await _application.Client.SendAsync(request);

        Assert.That(statuses, Is.EqualTo(["HTTP/1.1 401", "HTTP/1.1 401", "HTTP/1.1 429"]));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "the service does believe the proxy");
    }

    private string Configuration()
    {
        var block = MarkdownPage.Read("docs/operations.md").Blocks.Single(block => block.Info == "nginx").Body;
        var server = block
            .Replace("127.0.0.1:5080", $"127.0.0.1:{_application.Client.BaseAddress!.Port}", StringComparison.Ordinal)
            .Replace("listen 443 ssl;", $"listen 127.0.0.1:{_port} ssl;", StringComparison.Ordinal)
            .Replace("/etc/ssl/", _folder + "/", StringComparison.Ordinal);
        var user = Environment.UserName == "root" ? "user root;" : "";
        return $$"""
            {{user}}
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/error.log;
            events { }
            http {
                access_log off;
                client_body_temp_path {{_folder}}/body;
                proxy_temp_path {{_folder}}/proxy;
                fastcgi_temp_path {{_folder}}/fastcgi;
                uwsgi_temp_path {{_folder}}/uwsgi;
                scgi_temp_path {{_folder}}/scgi;
                {{server}}
            }
            """;
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=licenses.example.com", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _certificateHash = certificate.GetCertHashString();
        File.WriteAllText(Path.Combine(_folder, "licenses.example.com.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "licenses.example.com.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private async Task NginxAsync(params string[] more)
    {
        var start = new ProcessStartInfo("nginx", ["-p", _folder, "-c", Path.Combine(_folder, "nginx.conf"), "-e", Path.Combine(_folder, "error.log"), .. more]);
        using var nginx = Process.Start(start)!;
        await nginx.WaitForExitAsync();
        Assert.That(nginx.ExitCode, Is.Zero, File.Exists(Path.Combine(_folder, "error.log")) ? await File.ReadAllTextAsync(Path.Combine(_folder, "error.log")) : "");
    }

    // The bytes as they are: a client library would hide the letters of header names, and repair paths.
    private Task<string> RawAsync(string target, params string[] headers) => SendAsync("GET", target, headers);

    private async Task<string> SendAsync(string method, string target, params string[] headers)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _port);
        await using var tls = new SslStream(
            socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.GetCertHashString() == _certificateHash);
        await tls.AuthenticateAsClientAsync("licenses.example.com");
        var request = string.Create(
            CultureInfo.InvariantCulture,
            $"{method} {target} HTTP/1.1\r\nHost: licenses.example.com\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(tls, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
