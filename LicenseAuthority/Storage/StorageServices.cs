using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Storage;

internal static class StorageServices
{
    /// <summary>The meter of PostgreSQL's driver: its pool and its commands.</summary>
    public const string DriverMeter = "Npgsql";

    private static readonly TimeSpan LongestStartTimeout = TimeSpan.FromHours(1);

    /// <summary>Registers the store. <see cref="OpenStorageAsync"/> opens it; nobody may ask for the database before.</summary>
    /// <exception cref="StorageException"><c>Storage:Provider</c> is none that is known.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<StorageOptions>(StorageOptions.SectionName);
        services.AddOptions<StorageOptions>()
            .Validate(
                options => options.StartTimeout >= TimeSpan.Zero && options.StartTimeout <= LongestStartTimeout,
                "Storage:StartTimeout must be from 00:00:00 to 01:00:00, such as 00:01:00.")
            .Validate(
                static options => options.FreeSpaceWarningMiB >= 0,
                "Storage:FreeSpaceWarningMiB must be 0 or more; the default is 1024, which is 1 GiB, and 0 switches the warning off.");
        services.AddSingleton<WriteProbe>();
        services.AddSingleton(static provider => provider.GetRequiredService<IDatabase>().State);
        services.AddHostedService<DatabaseWatch>();
        if (ChosenDialect(configuration) == SqlDialect.Postgres)
        {
            services.AddOpened<PostgresDatabase>();
            services.AddSingleton<IDatabase>(static provider => provider.GetRequiredService<PostgresDatabase>());
            services.AddSingleton<IGroupCommit>(static provider => provider.GetRequiredService<PostgresDatabase>());

            // For a feature whose library wants a pool of connections: it shares this one.
            services.AddSingleton<System.Data.Common.DbDataSource>(static provider => provider.GetRequiredService<PostgresDatabase>().DataSource);
        }
        else
        {
            services.AddOpened<SqliteDatabase>();
            services.AddSingleton<IDatabase>(static provider => provider.GetRequiredService<SqliteDatabase>());
            services.AddSingleton<IGroupCommit>(static provider => provider.GetRequiredService<SqliteDatabase>().Writer);
            services.AddHostedService<SqliteFolderReport>();
        }

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

    /// <summary>Refuses a PostgreSQL database in which there is anything. Changes nothing; a SQLite file is not looked at.</summary>
    /// <param name="options">Which one, and how long it is waited for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told while it is away.</param>
    /// <exception cref="StorageException">It has tables, or cannot be used.</exception>
    public static async Task DemandEmptyAsync(StorageOptions options, TimeProvider time, ILogger<StartPatience> logger)
    {
        if (!options.Provider.Equals(SqlDialect.Postgres.Name, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        using var connections = PostgresConnections.From(options);
        using var target = await PostgresMigrationTarget.ConnectAsync(connections, new StartPatience(options.StartTimeout, time, logger));
        if (target.ReadTables().Count > 0)
        {
            throw new StorageException($"The {connections.Name} is not empty. Nothing was changed. Name an empty database.");
        }
    }

    /// <summary>Opens the database, brings it to this program's schema, and begins to serve from it.</summary>
    /// <exception cref="StorageException">It cannot be used, or no service may start on it.</exception>
    public static async Task OpenStorageAsync(this IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<StorageOptions>>().Value;
        var time = services.GetRequiredService<TimeProvider>();
        var check = services.GetRequiredService<IStartCheck>();
        if (services.GetService<Opened<PostgresDatabase>>() is { } postgres)
        {
            var patience = new StartPatience(options.StartTimeout, time, services.GetRequiredService<ILogger<StartPatience>>());
            postgres.Set(await PostgresDatabase.OpenAsync(options, time, [.. services.GetServices<ISchemaPart>()], patience, beforeNew: check.BeforeNew));
        }
        else
        {
            services.GetRequiredService<Opened<SqliteDatabase>>().Set(
                SqliteDatabase.Open(options, services.GetRequiredService<IHostEnvironment>().ContentRootPath, time, beforeNew: check.BeforeNew));
        }

        // From the container, which closes it in the end whatever comes next.
        await AuthorityRecord.BeginServiceAsync(services.GetRequiredService<IDatabase>(), time, check.BeforeService);
    }
}
