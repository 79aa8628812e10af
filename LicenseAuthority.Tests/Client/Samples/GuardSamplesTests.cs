using System.Diagnostics;
using System.Net;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Client.Samples;

/// <summary>The samples of the guard, as programs of their own against the running service, by the computer's clock.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class GuardSamplesTests : IAsyncDisposable
{
    private readonly LeapingTime _time = new();
    private readonly List<Process> _running = [];
    private LicenseAuthorityApplication _app = null!;
    private string _store = "";
    private string? _activation;

    [SetUp]
    public async Task StartAsync()
    {
        var port = FreePort.Find();
        _app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", $"urls=http://127.0.0.1:{port}", $"PublicUrl=http://127.0.0.1:{port}"],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time)),
            KeyFiles.MadeNow);
        _store = Path.Combine(_app.Folder, "guard");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _running)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        await _app.DisposeAsync();
    }

    [Test]
    [InCi("programs are started again and again")]
    public async Task GuardedConsole_InstallRefreshActivate_KeepsItsLicense()
    {
        var license = await BuyAsync();
        var file = Path.Combine(_app.Folder, "editor.lic");
        await File.WriteAllTextAsync(file, license.FirstCode);

        Assert.That((await RunAsync("GuardedConsole")).ExitCode, Is.EqualTo(1));
        var installed = await RunAsync("GuardedConsole", ["install", file]);
        Assert.That(installed.ExitCode, Is.Zero, installed.Printed);
        Assert.That(installed.Printed, Does.StartWith("Valid: "));
        Assert.That((await RunAsync("GuardedConsole", ["refresh"])).Printed, Does.StartWith("Done."));
        Assert.That((await RunAsync("GuardedConsole", ["activate"])).Printed, Does.StartWith("Done.").And.Contain("Valid: "));

        await license.CommandAsync("revoke");
        await PublishListsAsync();
        Assert.That((await RunAsync("GuardedConsole", ["refresh"])).Printed, Does.Contain("Revoked: "));
        await _app.StopAsync();
        Assert.That((await RunAsync("GuardedConsole")).Printed, Does.StartWith("Revoked: "));
        Assert.That((await RunAsync("GuardedConsole", ["report"])).Printed, Does.Contain("outcome: Revoked").And.Not.Contain(license.FirstCode[..40]));
        Assert.That((await RunAsync("GuardedConsole", ["dance"])).ExitCode, Is.EqualTo(2));
    }

    [Test]
    [InCi("programs are started again and again")]
    public async Task GuardedConsole_ActivationIsRequired_WorksOnlyOnceActivated()
    {
        var license = await BuyAsync();
        var file = Path.Combine(_app.Folder, "editor.lic");
        await File.WriteAllTextAsync(file, license.FirstCode);
        _activation = "required";

        Assert.That((await RunAsync("GuardedConsole", ["install", file])).Printed, Does.StartWith("NotActivated: "));
        Assert.That((await RunAsync("GuardedConsole", ["activate"])).Printed, Does.StartWith("Done.").And.Contain("Valid: "));
        Assert.That((await RunAsync("GuardedConsole")).ExitCode, Is.Zero);
    }

    [Test]
    [InCi("programs are started again and again")]
    public async Task FloatingDesktop_ASession_GivesItsPlaceToTheNext()
    {
        var license = await BuyAsync();
        for (var session = 1; session <= 2; session++)
        {
            // Each on a machine of its own, which has a store of its own.
            var run = await RunAsync("FloatingDesktop", [], "a letter\nexport\nquit\n", $"machine-{session}", license.FirstCode);

            Assert.That(run.ExitCode, Is.Zero, run.Printed);
            Assert.That(run.Printed, Does.Contain("The session has begun").And.Contain("Saved: a letter").And.Contain("does not include the export"));
        }

        await _app.StopAsync();
        var refused = await RunAsync("FloatingDesktop", [], "", "machine-3", license.FirstCode);
        Assert.That(refused.ExitCode, Is.EqualTo(1), refused.Printed);
        Assert.That(refused.Printed, Does.Contain("could not be reached"));
    }

    [Test]
    [InCi("programs are started again and again")]
    public async Task GuardedWeb_WithAndWithoutALicense_AnswersWhatItAllows()
    {
        var license = await BuyAsync();
        var (file, port) = (Path.Combine(_app.Folder, "secret"), FreePort.Find());
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await StartWebAsync(file, port);

        using var refused = await client.GetAsync(new Uri("/documents", UriKind.Relative));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.PaymentRequired));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("No license is installed"));
        Assert.That(await StatusAsync(client, "/health"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        await EndAsync();
        await File.WriteAllTextAsync(file, license.FirstCode);
        await StartWebAsync(file, port);
        Assert.That(await StatusAsync(client, "/documents"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusAsync(client, "/health"), Is.EqualTo(HttpStatusCode.OK));
        using var export = await client.GetAsync(new Uri("/export", UriKind.Relative));
        Assert.That(export.StatusCode, Is.EqualTo(HttpStatusCode.PaymentRequired));
        Assert.That(await export.Content.ReadAsStringAsync(), Does.Contain("does not include").And.Contain("export").And.Not.Contain("is valid"));
    }

    // Twice, as in PublishedLists: the service's own look may just have published what was before.
    private async Task PublishListsAsync()
    {
        for (var round = 0; round < 2; round++)
        {
            _time.Leap(StatusListPublisher.Pace);
            await _app.LookAtListsAsync();
        }
    }

    private Task<SoldLicense> BuyAsync() => SoldLicense.BuyAsync(
        _app, call => call.With("expireTime", InstanceCall.Text(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366))));

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return response.StatusCode;
    }

    private async Task StartWebAsync(string file, int port)
    {
        var web = Start("GuardedWeb", [$"--urls=http://127.0.0.1:{port}", $"--License:CodeFile={file}", "--License:Online=false"], _store, null);
        _running.Add(web);
        var lines = new List<string>();
        while (await web.StandardOutput.ReadLineAsync().WaitAsync(Patience.Length) is { } line)
        {
            lines.Add(line);
            if (line.Contains("Application started", StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail(string.Join('\n', lines));
    }

    private async Task EndAsync()
    {
        var web = _running[^1];
        _running.Remove(web);
        web.Kill();
        await web.WaitForExitAsync();
        web.Dispose();
    }

    private async Task<(int ExitCode, string Printed)> RunAsync(
        string sample, string[]? arguments = null, string input = "", string? machine = null, string? code = null)
    {
        using var process = Start(sample, arguments ?? [], machine is null ? _store : Path.Combine(_app.Folder, machine), code);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, printed.ReplaceLineEndings("\n"));
    }

    private Process Start(string sample, string[] arguments, string store, string? code)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.PathTo("artifacts", "bin", sample, Repository.Configuration, sample + ".dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["LICENSE_PRODUCT"] = "demo-product", ["LICENSE_ROOT_KEY"] = string.Join(' ', KeyFiles.MadeNow.RootLines), ["LICENSE_STORE"] = store, ["LICENSE_CODE"] = code,
                ["LICENSE_ACTIVATION"] = _activation,

                // A container, so that each store is a machine of its own.
                ["DOTNET_RUNNING_IN_CONTAINER"] = "true",
            },
        };
        start.Environment["License__StoreDirectory"] = store;
        return Process.Start(start)!;
    }

    // The computer's, which the samples go by, with what the test leaps over, on both of its clocks.
    private sealed class LeapingTime : TimeProvider
    {
        private long _leapt;

        public void Leap(TimeSpan time) => Interlocked.Add(ref _leapt, time.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + new TimeSpan(Volatile.Read(ref _leapt));

        public override long GetTimestamp() => base.GetTimestamp() + (Volatile.Read(ref _leapt) * (TimestampFrequency / TimeSpan.TicksPerSecond));
    }
}
