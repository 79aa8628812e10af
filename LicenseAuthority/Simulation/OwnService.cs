using System.Security.Cryptography;
using LicenseAuthority.Commands;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Simulation;

/// <summary>
/// A service of the simulator's own, as Program starts one, in a folder of its own that goes with it: neither settings, variables, keys nor data of a service
/// that sells are looked at. On SQLite there, or on a PostgreSQL database that was empty.
/// </summary>
internal sealed class OwnService : IAsyncDisposable
{
    /// <summary>What it sells, unless settings say otherwise.</summary>
    public const string ProductId = "SIMULATEDPRODUCT0001";

    // What the run stands on: another value would be another service, or somebody else's files.
    private static readonly string[] Fixed =
    [
        "urls", "contentRoot", "environment", "applicationName", "webroot", "http_ports", "https_ports", "PublicUrl", "Kestrel", "Keys", "Simulate",
        "Admin:BootstrapApiKey", "Admin:Urls", "Marketplace:AccessKeys", "Marketplace:OpenApi", "StatusLists:Directory",
    ];

    private readonly WebApplication _app;
    private readonly string _folder;

    private OwnService(WebApplication app, string folder, string adminKey)
    {
        _app = app;
        _folder = folder;
        AdminKey = adminKey;
    }

    /// <summary>Its base address.</summary>
    public Uri Address => new(_app.Urls.First() + "/");

    /// <summary>An admin API key that it knows.</summary>
    public string AdminKey { get; }

    /// <summary>What licensed software embeds.</summary>
    public IReadOnlyList<string> RootLines => _app.Services.GetRequiredService<LiveKeys>().Ring.RootLines;

    /// <summary>Whether its time is in no doubt; false in the first minutes, and after a jump.</summary>
    public bool BelievesTheClock => _app.Services.GetRequiredService<ISettledClock>().IsSettled;

    /// <summary>Starts one.</summary>
    /// <param name="build">Builds the service from arguments alone.</param>
    /// <param name="given">Settings from the command line; they go over the ones here.</param>
    /// <param name="accessKey">What it takes calls with.</param>
    /// <param name="productId">The marketplace's product id that it sells, unless settings say what; null = <see cref="ProductId"/>.</param>
    /// <param name="openApi">Settings of the open API; none = it has none.</param>
    /// <param name="time">Its clock; null = this machine's.</param>
    /// <exception cref="OperatorException">It cannot start.</exception>
    public static async Task<OwnService> StartAsync(
        Func<string[], Action<WebApplicationBuilder>, Task<WebApplication>> build, IReadOnlyList<SettingArgument> given, string accessKey,
        string? productId, IReadOnlyList<string> openApi, TimeProvider? time)
    {
        await CheckAsync(given);
        var folder = Directory.CreateTempSubdirectory("license-authority-simulate-").FullName;
        try
        {
            var adminKey = "simulate-" + RandomNumberGenerator.GetHexString(40, lowercase: true);
            string[] settings =
            [
                "urls=http://127.0.0.1:0",
                "environment=Development",
                $"contentRoot={folder}",
                "hostBuilder:reloadConfigOnChange=false",
                "PublicUrl=https://license.simulated.example",
                $"Admin:BootstrapApiKey={adminKey}",
                $"Marketplace:AccessKeys:0={accessKey}",
                .. openApi,
                .. SellsSomething(given) ? Array.Empty<string>() : ["Products:0:Id=simulated-product", $"Products:0:MarketplaceProductIds:0={productId ?? ProductId}"],

                // By a clock that lapses sweeps are driven by it: the scheduler goes by the machine's.
                .. time is null ? Array.Empty<string>() : ["Expiry:Enabled=false"],
            ];
            var app = await build(
                [.. settings.Select(static setting => "--" + setting), .. given.Select(static setting => setting.ToArgument())],
                builder =>
                {
                    // The simulator hears that it is to end, and ends its service.
                    builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, EndedByTheSimulator>());
                    if (!given.Any(static setting => setting.Name.StartsWith("Logging:", StringComparison.OrdinalIgnoreCase)))
                    {
                        builder.Logging.ClearProviders();
                    }

                    if (time is not null)
                    {
                        builder.Services.Replace(ServiceDescriptor.Singleton(time));
                    }
                });
            var service = new OwnService(app, folder, adminKey);
            try
            {
                await app.StartAsync();
                return service;
            }
            catch
            {
                // As the program does: to stop it as well would wait for what has not started.
                await app.DisposeAsync();
                throw;
            }
        }
        catch (Exception exception)
        {
            Directory.Delete(folder, recursive: true);
            if (exception is OptionsValidationException)
            {
                throw new SimulationException($"The simulator's service cannot start: {exception.Message}", exception);
            }

            throw;
        }
    }

    /// <summary>Does what the passing of time asks for: records what the clock decided, and sends what is due.</summary>
    public async Task DriveAsync()
    {
        if (BelievesTheClock)
        {
            await _app.Services.GetRequiredService<ExpiryEnforcer>().SettleDueAsync(CancellationToken.None);
        }

        var outbox = _app.Services.GetRequiredService<OutboxDispatcher>();
        await outbox.DispatchAsync(CancellationToken.None);
        await outbox.WhenIdleAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The product id to order with, by what is sold; settings may name another one than its own.</summary>
    public static string ProductIdOf(IReadOnlyList<SettingArgument> given) => given
        .Where(static setting => setting.Name.StartsWith("Products:", StringComparison.OrdinalIgnoreCase)
            && setting.Name.Contains(":MarketplaceProductIds:", StringComparison.OrdinalIgnoreCase))
        .Select(static setting => setting.Value)
        .FirstOrDefault(static id => id != ProductCatalog.AnyMarketplaceProduct) ?? ProductId;

    private static bool SellsSomething(IReadOnlyList<SettingArgument> given) =>
        given.Any(static setting => setting.Name.StartsWith("Products:", StringComparison.OrdinalIgnoreCase));

    private static async Task CheckAsync(IReadOnlyList<SettingArgument> given)
    {
        if (given.FirstOrDefault(static setting => Fixed.Any(name => IsAt(setting.Name, name))) is { Name: { } fixedOne })
        {
            throw new SimulationException($"The simulator's own service has its own --{fixedOne}. Leave it out.");
        }

        var storage = new ConfigurationBuilder().AddInMemoryCollection(given.Select(static setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
        var options = new StorageOptions();
        SettingsReader.Read(storage.GetSection(StorageOptions.SectionName), options);
        const string ConnectionString = $"{StorageOptions.SectionName}:{nameof(StorageOptions.ConnectionString)}";
        if (StorageServices.ChosenDialect(storage) == SqlDialect.Sqlite)
        {
            // A file that is named may be one that somebody needs.
            if (storage[ConnectionString] is not null)
            {
                throw new SimulationException(
                    $"On SQLite the simulator's own service has a file of its own, in a temporary folder. Leave --{ConnectionString} out, or name an empty PostgreSQL database with --{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)} Postgres.");
            }
        }
        else if (storage[ConnectionString] is null)
        {
            throw new SimulationException($"Name an empty PostgreSQL database with --{ConnectionString}.");
        }

        await StorageServices.DemandEmptyAsync(options, TimeProvider.System, NullLogger<StartPatience>.Instance);
    }

    private static bool IsAt(string setting, string name) =>
        setting.Equals(name, StringComparison.OrdinalIgnoreCase) || setting.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase);

    private sealed class EndedByTheSimulator : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
