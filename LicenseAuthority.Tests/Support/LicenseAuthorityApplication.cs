using LicenseAuthority.Clock;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Marketplaces.Watch;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The real service on real Kestrel with a real database, in a folder of its own that goes with it: what Program.cs starts, in Development unless told
/// otherwise, with the product's appsettings.json. The database is of the kind that the fixture runs on (<see cref="TestDatabases.Current"/>), fresh, and
/// dropped in the end. The clock stands still at <see cref="TestClock.Start"/> until <see cref="Time"/> is moved.
/// Any number may run at once. How tests call it stands in <see cref="Callers"/>, how they look into its database in <see cref="DatabaseConsole"/>.
/// </summary>
internal sealed class LicenseAuthorityApplication : IAsyncDisposable
{
    /// <summary>The access key that the service takes in Development.</summary>
    public const string DemoAccessKey = "demo-access-key-not-for-production";

    public const string AdminKey = "admin-key-for-tests-0123456789-0123456789";

    public const string PublicUrl = "https://license.example.com";

    /// <summary>Where the clock stands at the start, unless the fixture runs on odd ticks.</summary>
    public static readonly DateTimeOffset Now = TestClock.Round;

    /// <summary>To be added to the clock where a test wants one as odd as a real one, with neither whole seconds nor whole milliseconds.</summary>
    public static readonly TimeSpan OddTicks = TimeSpan.FromTicks(1_234_567);

    /// <summary>For so long after the start the clock is in doubt, and the scheduler's job records nothing.</summary>
    public static readonly TimeSpan HoldFor = new ClockOptions().HoldFor;

    private readonly string[] _settings;
    private readonly Action<WebApplicationBuilder>? _configure;
    private readonly PostgresServer? _postgres;
    private readonly string? _postgresDatabase;
    private readonly bool _sharesDatabase;
    private WebApplication? _host;
    private HttpClient? _client;

    private LicenseAuthorityApplication(string[] settings, Action<WebApplicationBuilder>? configure, PostgresServer? postgres, string? postgresDatabase)
    {
        _settings = settings;
        _configure = configure;
        _postgres = postgres;
        _postgresDatabase = postgresDatabase ?? postgres?.CreateMigratedDatabase();
        _sharesDatabase = postgresDatabase is not null;
        Machine = new ShiftedTime(Time);
        Folder = TestFolder.Create();
        if (postgres is null)
        {
            MigratedSqliteFile.CopyTo(DatabasePath);
        }

        File.Copy(Repository.PathTo("LicenseAuthority", "appsettings.json"), Path.Combine(Folder, "appsettings.json"));
    }

    /// <summary>Content root; <c>keys/</c> and <c>data/</c> are in it.</summary>
    public string Folder { get; }

    /// <summary>The database file; there is none on PostgreSQL.</summary>
    public string DatabasePath => IsOnPostgres
        ? throw new InvalidOperationException("There is no database file on PostgreSQL: mark the test with [SqliteOnly(\"reason\")], or tell it without.")
        : Path.Combine(Folder, "data", "license-authority.db");

    public FakeTimeProvider Time { get; } = new(TestClock.Start);

    /// <summary>The clock of the machine, to be set wrong: it shows <see cref="Time"/> until then.</summary>
    public ShiftedTime Machine { get; }

    public RecordedLogs Logs { get; } = new();

    public IServiceProvider Services => _host!.Services;

    public bool IsOnPostgres => _postgres is not null;

    /// <summary>What the service opens its database with, on PostgreSQL.</summary>
    public string PostgresConnectionString => _postgresDatabase ?? throw new InvalidOperationException("This application runs on SQLite.");

    /// <summary>Where it listens.</summary>
    public IEnumerable<string> Addresses => _host!.Urls;

    /// <summary>Sends no credentials by itself.</summary>
    public HttpClient Client => _client!;

    /// <summary>What licensed software embeds.</summary>
    public static IReadOnlyList<string> RootLines => KeyFiles.Development.RootLines;

    /// <summary>Starts the service. <paramref name="settings"/> are <c>Section:Key=value</c>; <paramref name="configure"/> may replace services.</summary>
    /// <remarks>
    /// <paramref name="keys"/>: default <see cref="KeyFiles.Development"/>. <paramref name="postgres"/>: a server of the test's own, to stop it; whatever
    /// database the fixture runs on. <paramref name="beside"/>: another node, whose PostgreSQL database this one serves too; end this one first.
    /// </remarks>
    public static async Task<LicenseAuthorityApplication> StartAsync(
        string[]? settings = null, Action<WebApplicationBuilder>? configure = null, KeyFiles? keys = null, PostgresServer? postgres = null,
        LicenseAuthorityApplication? beside = null)
    {
        postgres ??= beside?._postgres;
        postgres ??= TestDatabases.Current == TestDatabase.Postgres ? PostgresServer.Shared : null;
        var application = new LicenseAuthorityApplication(settings ?? [], configure, postgres, beside?.PostgresConnectionString);
        try
        {
            (keys ?? KeyFiles.Development).CopyTo(Path.Combine(application.Folder, "keys"));
            await application.StartHostAsync();
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of a product, to be given to <see cref="StartAsync"/>.</summary>
    public static string[] Product(int number, string id, string marketplaceProductId, params string[] more) =>
    [
        $"Products:{number}:Id={id}",
        $"Products:{number}:MarketplaceProductIds:0={marketplaceProductId}",
        .. more.Select(setting => $"Products:{number}:{setting}"),
    ];

    /// <summary>Ends the service as an operator would, and starts it again in the same folder, once with these settings over the first ones.</summary>
    public async Task RestartAsync(params string[] settings)
    {
        await StopHostAsync();
        await StartHostAsync(settings);
    }

    /// <summary>Ends the service as an operator would.</summary>
    public Task StopAsync() => StopHostAsync();

    public async ValueTask DisposeAsync()
    {
        await StopHostAsync();
        DeleteFolder();

        // A server of the test's own may be down now, and takes its databases with it.
        if (_postgres is { IsShared: true } && !_sharesDatabase)
        {
            _postgres.Drop(PostgresConnectionString);
        }
    }

    private static void LeaveOut<T>(IServiceCollection services) => services.Remove(services.Single(
        static service => service.ServiceType == typeof(IHostedService) && service.ImplementationFactory is Func<IServiceProvider, T>));

    // What was being written when the host ended may come between the look into a folder and its end.
    private void DeleteFolder()
    {
        const int Tries = 20;
        for (var i = 1; Directory.Exists(Folder); i++)
        {
            try
            {
                Directory.Delete(Folder, recursive: true);
            }
            catch (IOException) when (i < Tries)
            {
                Thread.Yield();
            }
        }
    }

    private async Task StartHostAsync(params string[] settings)
    {
        string[] defaults =
        [
            "urls=http://127.0.0.1:0",
            "environment=Development",
            $"contentRoot={Folder}",
            "hostBuilder:reloadConfigOnChange=false",
            $"PublicUrl={PublicUrl}",
            $"Admin:BootstrapApiKey={AdminKey}",

            // A busy machine may need longer than 3 s for a connection, and waiting for the server would be by a clock that stands still.
            .. _postgresDatabase is null
                ? Array.Empty<string>()
                : ["Storage:Provider=Postgres", $"Storage:ConnectionString={_postgresDatabase};Timeout=30", "Storage:StartTimeout=00:00:00"],
        ];
        _host = await AuthorityHost.BuildAsync(
            [.. defaults.Concat(_settings).Concat(settings).Select(setting => "--" + setting)],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(Logs);
                builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Machine));

                // By a clock that a test moves, a write behind would be in nobody's time, and a pause after it might not end. WrittenCalls has it written, and
                // the stop does. Not started, rather than stopped at once: a loop that is stopped before it has begun takes the host with it.
                LeaveOut<CallJournal>(builder.Services);
                LeaveOut<MarketplaceWatch>(builder.Services);
                LeaveOut<MissedRenewals>(builder.Services);

                // Nor would the marketplace be asked about its codes: CodeHeartbeats has it asked.
                LeaveOut<CodeUses>(builder.Services);
                LeaveOut<CodeHeartbeatService>(builder.Services);

                // Nor told of the use of licenses: ReportedUsage has it told.
                LeaveOut<UsageReporter>(builder.Services);

                _configure?.Invoke(builder);
            });
        try
        {
            await _host.StartAsync();
        }
        catch
        {
            // As the program does: to stop it as well would wait 30 s for the scheduler, which goes on only when everything has started.
            await _host.DisposeAsync();
            _host = null;
            throw;
        }

        _client = new HttpClient { BaseAddress = new Uri(_host.Urls.First()) };
    }

    private async Task StopHostAsync()
    {
        _client?.Dispose();
        _client = null;
        if (_host is not null)
        {
            await _host.StopAsync();
            await _host.Services.GetRequiredService<CallJournal>().StopAsync(CancellationToken.None);
            await _host.Services.GetRequiredService<MarketplaceWatch>().StopAsync(CancellationToken.None);
            await _host.DisposeAsync();
            _host = null;
        }
    }
}
