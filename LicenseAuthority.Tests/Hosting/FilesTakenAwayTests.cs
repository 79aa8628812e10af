using System.Net;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>The service as a process, whose data folder is deleted, or whose lock is, while it runs.</summary>
internal sealed class FilesTakenAwayTests
{
    private const string AccessKey = "an-access-key-of-production";

    private string _folder = "";
    private Dictionary<string, string> _environment = [];

    private string Data => Path.Combine(_folder, "data");

    [SetUp]
    public void MakeKeys()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Only Linux says of every file which one it is; on Windows an open file cannot be deleted.");
        }

        _folder = TestFolder.Create();
        File.Copy(Repository.PathTo("LicenseAuthority", "appsettings.json"), Path.Combine(_folder, "appsettings.json"));
        _environment = new Dictionary<string, string>
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_CONTENTROOT"] = _folder,
            ["PublicUrl"] = LicenseAuthorityApplication.PublicUrl,
            ["Keys__Passphrase"] = KeyFiles.ProductionPassphrase,
            ["Marketplace__AccessKeys__0"] = AccessKey,
            ["Products__0__Id"] = "editor",
            ["Products__0__MarketplaceProductIds__0"] = "*",
        };
        KeyFiles.ProductionMadeNow.CopyTo(Path.Combine(_folder, "keys"));
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    [InCi("four services are started as processes")]
    public async Task DataFolder_DeletedAndMadeAnew_NoOrderIsAcknowledgedAndTheProcessEndsAndStaysAway()
    {
        using var service = Start();
        using var http = new HttpClient { BaseAddress = await service.ListeningAsync() };
        var caller = new MarketplaceCaller(http, AccessKey);
        Assert.That((await caller.SendAsync(Order("CS-1"))).ResultCode, Is.EqualTo("000000"));
        Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data);

        Assert.That((await caller.SendAsync(Order("CS-2"))).ResultCode, Is.EqualTo("000005"));
        Assert.That(await StatusAsync(http), Is.Null.Or.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await service.ExitAsync(), Is.EqualTo(1));

        Assert.That(service.Output, Does.Contain("ALARM: the files of the database were taken away"));
        using var again = Start();
        Assert.That(await again.ExitAsync(), Is.EqualTo(1), "the process is started again by its supervisor, into the empty folder");
        Assert.That(again.Output, Does.Contain("LicenseAuthority cannot start: ").And.Contain("storage restored"));
        Assert.That(Directory.EnumerateFileSystemEntries(Data), Is.Empty);

        using var restored = ServiceProcess.Start(_environment, "storage", "restored");
        Assert.That(await restored.ExitAsync(), Is.Zero, restored.Output);
        using var anew = Start();
        using var httpAnew = new HttpClient { BaseAddress = await anew.ListeningAsync() };
        Assert.That((await new MarketplaceCaller(httpAnew, AccessKey).SendAsync(Order("CS-1"))).ResultCode, Is.EqualTo("000000"));
    }

    // Nobody orders for hours: it must not take an order to find out.
    [Test]
    [InCi("a service is started as a process")]
    public async Task DataFolder_Deleted_IsNoticedWithoutAnOrder()
    {
        using var service = Start();
        await service.ListeningAsync();
        Directory.Delete(Data, recursive: true);

        Assert.That(await service.ExitAsync(), Is.EqualTo(1));
    }

    [Test]
    [InCi("two services are started as processes")]
    public async Task LockFile_DeletedAndASecondServiceStarts_TheFirstEnds()
    {
        using var first = Start();
        await first.ListeningAsync();
        File.Delete(Path.Combine(Data, "license-authority.db.lock"));
        using var second = Start();
        using var http = new HttpClient { BaseAddress = await second.ListeningAsync() };

        Assert.That(await first.ExitAsync(), Is.EqualTo(1));
        Assert.That(first.Output, Does.Contain("license-authority.db.lock"));
        Assert.That((await new MarketplaceCaller(http, AccessKey).SendAsync(Order("CS-1"))).ResultCode, Is.EqualTo("000000"));
    }

    private static GetLicenseCall Order(string orderId) => GetLicenseCall.For(orderId).With("expireTime", "20990101000000");

    // Null: it has ended already.
    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private ServiceProcess Start() => ServiceProcess.Start(_environment, "--urls", "http://127.0.0.1:0");
}
