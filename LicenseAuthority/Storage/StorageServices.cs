using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Storage;

internal static class StorageServices
{
    /// <summary>Registers the store. The database is opened, and brought to this program's schema, when it is first asked for: at start.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<StorageOptions>(configuration.GetSection(StorageOptions.SectionName));
        services.AddSingleton(provider => SqliteDatabase.Open(
            provider.GetRequiredService<IOptions<StorageOptions>>().Value,
            provider.GetRequiredService<IHostEnvironment>().ContentRootPath,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDatabase>(static provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<ILicenseStore, LicenseStore>();
        services.AddSingleton<ILicenseQueries, LicenseQueries>();
        services.AddSingleton<IDueLicenses, DueLicenses>();
        services.AddSingleton<IStatusBlockStore, StatusBlockStore>();
        services.AddSingleton<ICertificateLedger, CertificateLedger>();
        return services;
    }
}
