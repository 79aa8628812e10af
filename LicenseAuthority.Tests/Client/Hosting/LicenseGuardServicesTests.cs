using LicenseAuthority.Client;
using LicenseAuthority.Client.Hosting;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Client.Hosting;

/// <summary>A guard in a program with a real generic host.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LicenseGuardServicesTests : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly GuardFolder _folder = new();
    private readonly RecordedLogs _logs = new();

    private IEnumerable<RecordedLog> Lines => _logs.Lines.Where(line => line.Category == "LicenseAuthority.Client.LicenseGuard");

    public void Dispose()
    {
        _logs.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Host_StartsAndStops_TheGuardWithIt()
    {
        var store = new HostStore();
        using var host = Build(options => options.Store = store);
        await StartAsync(host);
        var guard = host.Services.GetRequiredService<LicenseGuard>();
        Assert.That(host.Services.GetRequiredService<LicenseGuard>(), Is.SameAs(guard));
        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);

        await host.StopAsync();

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("canceled"), "it is disposed");
        Assert.That(guard.Current.IsValid, Is.True, "what still runs gets an answer");
        Assert.That(host.Dispose, Throws.Nothing);
    }

    [Test]
    public void Host_OptionsAreWrong_DoesNotStart()
    {
        using var host = Build(options => options.RefreshInterval = TimeSpan.Zero);

        Assert.That(() => host.StartAsync(), Throws.ArgumentException.With.Message.Contains("RefreshInterval"));
    }

    [Test]
    public async Task HealthCheck_WithoutALicense_IsUnhealthyWithAdvice()
    {
        using var host = Build();
        await StartAsync(host);

        var entry = await CheckAsync(host);

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(entry.Description, Does.Contain("No license is installed"));
        Assert.That(entry.Data["Outcome"], Is.EqualTo("NotActivated"));
        Assert.That(entry.Tags, Does.Contain("license"));
    }

    [Test]
    public async Task HealthCheck_Valid_IsHealthyAndDegradedWithANotice()
    {
        using var host = Build();
        await StartAsync(host);
        var guard = host.Services.GetRequiredService<LicenseGuard>();
        guard.Install(GuardFolder.Code(ends: 30));
        Assert.That((await CheckAsync(host)).Status, Is.EqualTo(HealthStatus.Degraded), "no list says whether it was revoked");

        guard.Install(TestCodes.Valid().Without("status").With("gen", 2).With("iat", TestCodes.Now - 100).With("exp", TestCodes.Now + (30 * 86_400L)).Build());
        Assume.That(guard.Notices, Is.Empty);
        Assert.That((await CheckAsync(host)).Status, Is.EqualTo(HealthStatus.Healthy));

        _folder.Time.Advance(TimeSpan.FromDays(20));
        var entry = await CheckAsync(host);
        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(entry.Data.Keys, Does.Contain("ExpiresSoon"));

        _folder.Time.Advance(TimeSpan.FromDays(20));
        Assert.That((await CheckAsync(host)).Status, Is.EqualTo(HealthStatus.Unhealthy));
    }

    [Test]
    public async Task Log_HasEachChangeAndEachNoticeOnce()
    {
        using var host = Build();
        await StartAsync(host);
        Assert.That(Lines.Select(line => line.Message), Has.One.StartsWith("License NotActivated: No license is installed."));

        host.Services.GetRequiredService<LicenseGuard>().Install(GuardFolder.Code(ends: 30));
        Assert.That(Lines.Last(line => line.Level == LogLevel.Information).Message, Does.StartWith("License Valid: "));

        _folder.Time.Advance(TimeSpan.FromDays(20));
        _folder.Time.Advance(Pace);
        _folder.Time.Advance(Pace);
        Assert.That(Lines.Where(line => line.Message.StartsWith("License notice ExpiresSoon: The license ends", StringComparison.Ordinal)), Has.Exactly(1).Items);

        _folder.Time.Advance(TimeSpan.FromDays(10));
        _folder.Time.Advance(Pace);
        Assert.That(Lines.Last(line => line.Message.StartsWith("License Frozen", StringComparison.Ordinal)).Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(Lines.Select(line => line.Message), Does.Contain("License notice ExpiresSoon is over."));
    }

    [Test]
    public async Task Log_HoldsNoSecrets()
    {
        const string Fingerprint = "board-4711-secret";
        var code = TestCodes.Valid().With("cn", "\"Ada's company\"").BoundTo(Fingerprint).Build();
        using var host = Build(options =>
        {
            (options.DeviceFingerprints, options.DeviceName) = ([Fingerprint], "Ada's computer");
            options.CodeText = code;
        });
        await StartAsync(host);
        host.Services.GetRequiredService<LicenseGuard>().Install(code[..^2]);
        _folder.Time.Advance(TimeSpan.FromDays(3000));
        _folder.Time.Advance(Pace);
        await CheckAsync(host);
        await host.StopAsync();

        var all = string.Join('\n', _logs.Lines.Select(line => line.Message + line.Parameters + line.Exception));
        Assert.That(all, Does.Contain("License Valid"));
        Assert.That(all, Does.Not.Contain(code[..40]).And.Not.Contain(code[^60..^20]).And.Not.Contain(Fingerprint).And.Not.Contain("Ada"));
    }

    [Test]
    public async Task Configure_WithServices_GetsThemAndMayChangeTheClock()
    {
        using var host = Build(configure: services => services
            .AddSingleton<TimeProvider>(new ShiftedTime(_folder.Time))
            .AddSingleton(new HostStore())
            .AddLicenseGuard(TestCodes.Product, [TestCodes.RootLine()], (provider, options) =>
            {
                Assert.That(options.Verifier.TimeProvider, Is.SameAs(provider.GetRequiredService<TimeProvider>()));
                (options.Store, options.Online) = (provider.GetRequiredService<HostStore>(), false);
            }));
        await StartAsync(host);

        host.Services.GetRequiredService<LicenseGuard>().Install(TestCodes.Valid().Build());

        Assert.That(host.Services.GetRequiredService<HostStore>().Bytes, Is.Not.Null);
        Assert.That(host.Services.GetRequiredService<LicenseGuard>().Current.CheckedAt, Is.EqualTo(_folder.Time.GetUtcNow()));
    }

    [Test]
    public void AddLicenseGuard_Misused_Throws()
    {
        var services = new ServiceCollection().AddLicenseGuard(TestCodes.Product, [TestCodes.RootLine()]);

        Assert.That(() => services.AddLicenseGuard("another", [TestCodes.RootLine()]), Throws.InvalidOperationException);
        Assert.That(() => new ServiceCollection().AddLicenseGuard("another", null!), Throws.ArgumentNullException);
        Assert.That(() => new ServiceCollection().AddLicenseGuard("another", [], (Action<IServiceProvider, LicenseGuardOptions>)null!), Throws.ArgumentNullException);
    }

    private IHost Build(Action<LicenseGuardOptions>? change = null, Action<IServiceCollection>? configure = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(_logs);
        (configure ?? Add)(builder.Services);
        return builder.Build();

        void Add(IServiceCollection services) => services.AddLicenseGuard(TestCodes.Product, [TestCodes.RootLine()], options =>
        {
            (options.StoreDirectory, options.Online) = (Path.GetDirectoryName(_folder.StorePath), false);
            options.Verifier.TimeProvider = _folder.Machine;
            change?.Invoke(options);
        });
    }

    // On a thread without a context, as in a program: the guard tells its changes where it was opened.
    private static Task StartAsync(IHost host) => Task.Run(() => host.StartAsync());

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["license"];
}
