using System.Diagnostics;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>
/// The sample that a vendor copies, as a program of its own against the running service. Both go by the computer's clock, as in real life; terms are
/// relative to it.
/// </summary>
internal sealed class OfflineVerifySampleTests
{
    private LicenseAuthorityApplication _app = null!;
    private string _file = "";

    [SetUp]
    public async Task Start()
    {
        var port = FreePort.Find();
        _app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", $"urls=http://127.0.0.1:{port}", $"PublicUrl=http://127.0.0.1:{port}"],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton(TimeProvider.System)),
            KeyFiles.MadeNow);
        _file = Path.Combine(_app.Folder, "editor.lic");
    }

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Sample_RenewedLicense_OldCodeStaysValidAndRefreshWritesTheNewOneToTheFile()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        var offline = await RunAsync();
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));
        var stillOffline = await RunAsync();
        var refreshed = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(offline.ExitCode, Is.Zero, offline.Printed);
            Assert.That(offline.Printed, Does.Contain("Outcome:   Valid"));
            Assert.That(stillOffline.ExitCode, Is.Zero, stillOffline.Printed);
            Assert.That(stillOffline.Printed, Does.Contain("Outcome:   Valid").And.Contain($"{license.Id}, code 1"), "a renewal takes nothing from who stays offline");
            Assert.That(refreshed.ExitCode, Is.Zero, refreshed.Printed);
            Assert.That(refreshed.Printed, Does.Contain("Refresh:   the license is Active").And.Contain($"License:   {license.Id}, code 2"));
            Assert.That(await File.ReadAllTextAsync(_file), Is.EqualTo(await license.CodeAsync()));
            Assert.That((await RunAsync()).Printed, Does.Contain($"{license.Id}, code 2"), "kept for the next start");
        }
    }

    [Test]
    public async Task Sample_TermThatEnded_FrozenWithAdviceInTwoLanguagesAndThawedAfterRenewalAndRefresh()
    {
        var license = await BuyAsync(TimeSpan.FromHours(-1));
        var frozen = await RunAsync("--refresh");
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));
        var offline = await RunAsync();
        var thawed = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(frozen.ExitCode, Is.EqualTo(1), frozen.Printed);
            Assert.That(frozen.Printed, Does.Contain("Outcome:   Frozen").And.Contain("Refresh:   the license is Frozen"));
            Assert.That(frozen.Printed, Does.Match("Advice:    [A-Z][a-z].*\n +\\p{IsCJKUnifiedIdeographs}"));
            Assert.That(offline.Printed, Does.Contain("Outcome:   Frozen"), "it cannot know yet");
            Assert.That(thawed.ExitCode, Is.Zero, thawed.Printed);
            Assert.That(thawed.Printed, Does.Contain("Outcome:   Valid"));
        }
    }

    // It printed "Valid" and ended with 0, although the authority had just said otherwise.
    [TestCase("revoke", "Revoked")]
    [TestCase("freeze", "Frozen")]
    [TestCase("release", "Released")]
    public async Task Sample_AuthoritySaysTheLicenseIsOver_RefusesThoughTheCodeIsGood(string command, string state)
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await license.CommandAsync(command);
        var offline = await RunAsync();
        var refreshed = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(offline.ExitCode, Is.Zero, "it cannot know: " + offline.Printed);
            Assert.That(refreshed.ExitCode, Is.EqualTo(1), refreshed.Printed);
            Assert.That(refreshed.Printed, Does.Contain($"Authority: {state}. ").And.Contain($"           {state}。"));
        }
    }

    [Test]
    public async Task Sample_ServiceIsDown_GoesOnWithTheCodeAtHand()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await _app.DisposeAsync();
        _file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(_file, license.FirstCode);

            var run = await RunAsync("--refresh");

            using (Assert.EnterMultipleScope())
            {
                Assert.That(run.ExitCode, Is.Zero, run.Printed);
                Assert.That(run.Printed, Does.Contain("could not be reached").And.Contain("Outcome:   Valid"));
            }
        }
        finally
        {
            File.Delete(_file);
        }
    }

    private async Task<SoldLicense> BuyAsync(TimeSpan term)
    {
        var license = await SoldLicense.BuyAsync(
            _app, call => call.With("expireTime", InstanceCall.Text(TimeProvider.System.GetUtcNow() + term)));
        await File.WriteAllTextAsync(_file, license.FirstCode);
        return license;
    }

    private async Task<(int ExitCode, string Printed)> RunAsync(params string[] options)
    {
        var sample = Repository.PathTo("artifacts", "bin", "OfflineVerify", Repository.Configuration, "OfflineVerify.dll");
        var start = new ProcessStartInfo(
            "dotnet", [sample, "--root", KeyFiles.MadeNow.RootLines[0], "--product", "demo-product", .. options, _file])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, printed.ReplaceLineEndings("\n"));
    }
}
