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
        services.Configure<StorageOptions>(configuration.GetSection(StorageOptions.SectionName));
        if (ChosenDialect(configuration) == SqlDialect.Postgres)
        {
            services.AddSingleton(static provider => PostgresDatabase.Open(
                provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider.GetRequiredService<TimeProvider>(), SchedulerTables.CreateMissing));
            services.AddSingleton<IDatabase>(static provider => BeginService(provider.GetRequiredService<PostgresDatabase>(), provider));

            // What Quartz asks the container for.
            services.AddSingleton<System.Data.Common.DbDataSource>(static provider => provider.GetRequiredService<PostgresDatabase>().DataSource);
        }
        else
        {
            services.AddSingleton(static provider => SqliteDatabase.Open(
                provider.GetRequiredService<IOptions<StorageOptions>>().Value,
                provider.GetRequiredService<IHostEnvironment>().ContentRootPath,
                provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IDatabase>(static provider => BeginService(provider.GetRequiredService<SqliteDatabase>(), provider));
            services.AddHostedService<SqliteFolderReport>();
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
        AuthorityRecord.BeginServiceAsync(database, provider.GetRequiredService<TimeProvider>()).GetAwaiter().GetResult();
        return database;
    }
}
