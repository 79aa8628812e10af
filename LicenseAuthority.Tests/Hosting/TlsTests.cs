using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>The service with a certificate of its own, without a proxy.</summary>
internal sealed class TlsTests
{
    private string _folder = "";
    private string _certificate = "";

    [OneTimeSetUp]
    public void MakeCertificate()
    {
        _folder = TestFolder.Create();
        _certificate = Path.Combine(_folder, "localhost.pfx");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        File.WriteAllBytes(_certificate, certificate.Export(X509ContentType.Pfx, "of-the-test"));
    }

    [OneTimeTearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    // HTTP/2 writes "body-sign", and the marketplace, which reads "Body-Sign" by letter, took every answer for forged.
    [Test]
    public async Task Https_CallerThatOffersHttp2_GetsHttp1AndTheHeaderByLetter()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync([.. Settings("urls=https://127.0.0.1:0")]);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, app.Client.BaseAddress!.Port);
#pragma warning disable CA5359 // The certificate is the one that this test has made.
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        });
        await tls.WriteAsync(Encoding.ASCII.GetBytes("GET /marketplace/koogallery?activity=getLicense HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(tls);
        var answer = await reader.ReadToEndAsync();

        Assert.That(tls.NegotiatedApplicationProtocol, Is.EqualTo(SslApplicationProtocol.Http11));
        Assert.That(answer, Does.StartWith("HTTP/1.1 ").And.Contain("\r\nBody-Sign: "));
    }

    [TestCase("Kestrel:EndpointDefaults:Protocols=Http1AndHttp2")]
    [TestCase("Kestrel:Endpoints:Public:Url=https://127.0.0.1:0", "Kestrel:Endpoints:Public:Protocols=Http2")]
    public async Task Start_SettingThatBringsHttp2Back_IsRefused(params string[] settings)
    {
        var refusal = await Assert.ThrowsAsync<ConfigurationException>(async () =>
        {
            await using var app = await LicenseAuthorityApplication.StartAsync([.. Settings(settings)]);
        });

        Assert.That(refusal!.Message, Does.Contain(settings[^1].Split('=')[0]).And.Contain("Body-Sign"));
    }

    private string[] Settings(params string[] settings) =>
        [$"Kestrel:Certificates:Default:Path={_certificate}", "Kestrel:Certificates:Default:Password=of-the-test", .. settings];
}
