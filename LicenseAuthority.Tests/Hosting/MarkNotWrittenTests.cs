using System.Text.Json;
using LicenseAuthority.Mark;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>
/// The mark's folder cannot be written while the service runs. Each order that was refused drew a new block of places and threw it away: 1,024 of them used up a list;
/// and each left an Error with a number of its own.
/// </summary>
[OnEveryDatabase]
internal sealed class MarkNotWrittenTests
{
    [Test]
    public async Task Order_MarkFolderCannotBeWritten_IsBusyAndUsesUpNoPlaces()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "StatusLists:Directory=marks"]);
        var folder = Path.Combine(app.Folder, "marks");
        Directory.Move(folder, folder + "-away");
        await File.WriteAllTextAsync(folder, "");

        await AssertBusyAsync(app);

        File.Delete(folder);
        Directory.Move(folder + "-away", folder);
        await AssertServedAsync(app, folder);
    }

    [Test]
    public async Task Order_MarkFolderIsOnAFullDisk_IsBusyAndUsesUpNoPlaces()
    {
        var folder = TestFolder.Create("license-authority-marks-");
        try
        {
            using var disk = SmallDisk.TryMount(folder, "64k");
            await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", $"StatusLists:Directory={folder}"]);
            disk.Fill();

            await AssertBusyAsync(app);

            disk.MakeRoom();
            await AssertServedAsync(app, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The list is known to the mark, and its first token is not: its block waits as well.
    [Test]
    public async Task Order_TokenOfANewListCannotBeKept_IsBusyAndUsesUpNoPlaces()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "StatusLists:Directory=marks"]);
        var folder = Path.Combine(app.Folder, "marks");
        var uri = System.Text.Encoding.UTF8.GetBytes($"{LicenseAuthorityApplication.PublicUrl}/licensee/v1/status-lists/1");
        var path = Path.Combine(folder, $"1-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(uri))[..16]}.token.json.tmp");
        Directory.CreateDirectory(path);

        await AssertBusyAsync(app);

        Directory.Delete(path);
        await AssertServedAsync(app, folder);
    }

    private static async Task AssertBusyAsync(LicenseAuthorityApplication app)
    {
        for (var i = 1; i <= 3; i++)
        {
            var reply = await app.Marketplace.SendAsync(GetLicenseCall.For($"CS{i}"));
            Assert.That(reply.ResultCode, Is.EqualTo("000005"));
        }

        Assert.That(app.Query("SELECT sum(drawn) FROM status_lists")[0], Is.EqualTo(1024L));
        Assert.That(app.Query("SELECT count(*) FROM licenses")[0], Is.Zero);
        var errors = app.Logs.Lines.Where(static line => line.Level >= LogLevel.Error).ToList();
        Assert.That(errors, Has.Count.EqualTo(1));
        Assert.That(errors[0].Message, Does.Contain("StatusLists:Directory"));
        Assert.That(await HealthAsync(app), Is.EqualTo("Degraded"));
        Assert.That(await HealthAsync(app, "status-lists"), Is.EqualTo("Unhealthy"), "a load balancer went on to send orders");
    }

    private static async Task AssertServedAsync(LicenseAuthorityApplication app, string folder)
    {
        await app.Services.GetRequiredService<RestoreWatch>().LookOnceAsync(default);
        await app.Services.GetRequiredService<StatusListPublisher>().LookAsync(default);
        await app.Services.GetRequiredService<PublishedBlocks>().RetryAsync(default);
        Assert.That(await HealthAsync(app, "status-lists"), Is.EqualTo("Healthy"));
        app.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await HealthAsync(app), Is.EqualTo("Healthy"));

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));

        Assert.That(app.Query("SELECT sum(drawn) FROM status_lists")[0], Is.EqualTo(1024L));
        Assert.That(new AuthorityMark(folder).Find()!.Drawn, Is.EqualTo(new Dictionary<long, int> { [1] = 1024 }));
        Assert.That(new AuthorityMark(folder).ListTokens(out var damaged), Has.Count.EqualTo(1));
        Assert.That(damaged, Is.Empty);
    }

    private static async Task<string?> HealthAsync(LicenseAuthorityApplication app, string check = "database-behind")
    {
        using var response = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("checks").GetProperty(check).GetProperty("status").GetString();
    }
}
