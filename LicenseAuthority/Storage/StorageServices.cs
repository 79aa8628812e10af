using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Nodes;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Storage;

internal static class StorageServices
{
    /// <summary>The meter of PostgreSQL's driver: its pool and its commands.</summary>
    public const string DriverMeter = "Npgsql";

    /// <summary>Registers the store. The database is opened, and brought to this program's schema, when it is first asked for: at start.</summary>
    /// <exception cref="StorageException"><c>Storage:Provider</c> is none that is known.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<StorageOptions>(StorageOptions.SectionName);
        services.AddOptions<StorageOptions>()
            .Validate(
                static options => options.FreeSpaceWarningMiB >= 0,
                $"{StorageOptions.SectionName}:{nameof(StorageOptions.FreeSpaceWarningMiB)} must be 0 or more; the default is 1024, which is 1 GiB, and 0 switches the warning off.");
        services.AddSettings<StatusListOptions>(StatusListOptions.SectionName);
        services.AddSingleton(static provider => AuthorityMark.From(
            provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>().ContentRootPath));
        services.AddSingleton<AuthorityMarkCheck>();
        services.AddSingleton<WriteProbe>();
        services.AddSingleton(static provider => provider.GetRequiredService<IDatabase>().State);
        services.AddHostedService<DatabaseWatch>();
        if (ChosenDialect(configuration) == SqlDialect.Postgres)
        {
            services.AddSingleton(static provider => PostgresDatabase.Open(
                provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider.GetRequiredService<TimeProvider>(), SchedulerTables.CreateMissing,
                beforeNew: provider.GetRequiredService<AuthorityMarkCheck>().BeforeNew));
            services.AddSingleton<IDatabase>(static provider => BeginService(provider.GetRequiredService<PostgresDatabase>(), provider));

            // What Quartz asks the container for.
            services.AddSingleton<System.Data.Common.DbDataSource>(static provider => provider.GetRequiredService<PostgresDatabase>().DataSource);
        }
        else
        {
            services.AddSingleton(static provider => SqliteDatabase.Open(
                provider.GetRequiredService<IOptions<StorageOptions>>().Value,
                provider.GetRequiredService<IHostEnvironment>().ContentRootPath,
                provider.GetRequiredService<TimeProvider>(),
                beforeNew: provider.GetRequiredService<AuthorityMarkCheck>().BeforeNew));
            services.AddSingleton<IDatabase>(static provider => BeginService(provider.GetRequiredService<SqliteDatabase>(), provider));
        }

        services.AddSingleton<ILicenseStore, LicenseStore>();
        services.AddSingleton<ILicenseQueries, LicenseQueries>();
        services.AddSingleton<IDueLicenses, DueLicenses>();
        services.AddSingleton<IStatusBlockStore, StatusBlockStore>();
        services.AddSingleton<ICertificateLedger, CertificateLedger>();
        services.AddSingleton<INodeRegistry, NodeRegistry>();
        services.AddSingleton<OutboxStore>();
        services.AddSingleton<IOutboxStore>(static provider => provider.GetRequiredService<OutboxStore>());
        services.AddSingleton<IOutboxFigures>(static provider => provider.GetRequiredService<OutboxStore>());
        services.AddSingleton<IWebhookStore, WebhookStore>();
        return services;
    }

    /// <summary>Which database the settings ask for.</summary>
    /// <exception cref="StorageException">None that is known.</exception>
    public static SqlDialect ChosenDialect(IConfiguration configuration)
    {
        var options = new StorageOptions();
        SettingsReader.Read(configuration.GetSection(StorageOptions.SectionName), options);
        return SqlDialect.All.FirstOrDefault(dialect => dialect.Name.Equals(options.Provider, StringComparison.OrdinalIgnoreCase))
            ?? throw new StorageException(
                $"{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)} is '{options.Provider}', which is not known: set it to {string.Join(" or ", SqlDialect.All.Select(dialect => $"'{dialect}'"))}.");
    }

    // At start, before anything listens: there is nobody to wait for but this.
    private static IDatabase BeginService(IDatabase database, IServiceProvider provider)
    {
        AuthorityRecord.BeginServiceAsync(database, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<AuthorityMarkCheck>().BeforeService).GetAwaiter().GetResult();
        return database;
    }
}
