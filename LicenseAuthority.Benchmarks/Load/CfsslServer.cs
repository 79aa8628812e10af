using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// cfssl, a certificate authority with an HTTP interface, for comparison: it signs an X.509 certificate (ECDSA P-256) for a request and stores nothing.
/// </summary>
internal sealed class CfsslServer : IDisposable
{
    /// <summary>What to do when it is not installed.</summary>
    public const string HowToInstall = "cfssl is not installed; on Debian: apt-get install golang-cfssl";

    private readonly ChildProcess _process;

    private CfsslServer(ChildProcess process, LoadTarget target)
    {
        _process = process;
        Target = target;
    }

    /// <summary>What the load client drives.</summary>
    public LoadTarget Target { get; }

    /// <summary>Makes a certificate authority in the folder and starts cfssl with it. Null when cfssl is not installed.</summary>
    public static async Task<CfsslServer?> TryStartAsync(WorkFolder folder)
    {
        WriteAuthority(folder);
        var port = FindFreePort();
        var process = ChildProcess.TryStart(
            "cfssl",
            ["serve", "-address", "127.0.0.1", "-port", $"{port}", "-loglevel", "4", "-ca", folder.PathOf("ca.pem"), "-ca-key", folder.PathOf("ca-key.pem")],
            folder.FullPath,
            new Dictionary<string, string>());
        if (process is null)
        {
            return null;
        }

        var request = CreateRequest();
        var target = new LoadTarget("cfssl", [port], () => process.Cpu, () => new RepeatedRequest(request), "\"success\":true"u8.ToArray());
        await WaitForPortAsync(port);
        return new CfsslServer(process, target);
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private static void WriteAuthority(WorkFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Benchmark CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        File.WriteAllText(folder.PathOf("ca.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.PathOf("ca-key.pem"), key.ExportECPrivateKeyPem());
    }

    private static byte[] CreateRequest()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=customer.example.com, O=Customer", key, HashAlgorithmName.SHA256);
        var body = JsonSerializer.SerializeToUtf8Bytes(new { certificate_request = request.CreateSigningRequestPem() + "\n" });
        var head = $"POST /api/v1/cfssl/sign HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    // cfssl cannot choose one itself.
    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task WaitForPortAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var connection = new HttpConnection();
                await connection.ConnectAsync(port);
                return;
            }
            catch (SocketException) when (attempt < 100)
            {
                await Task.Delay(50);
            }
        }
    }
}
