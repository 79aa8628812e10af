using LicenseAuthority.Codes;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Nodes;

internal static class NodeServices
{
    /// <summary>Registers the comparison of nodes. On SQLite there is nothing to compare: it serves one process.</summary>
    public static IServiceCollection AddNodes(this IServiceCollection services, IConfiguration configuration)
    {
        if (StorageServices.ChosenDialect(configuration) != SqlDialect.Postgres)
        {
            return services;
        }

        services.AddSingleton(static provider => NodeSettings.From(provider.GetRequiredService<PublicUrl>(), provider.GetRequiredService<SellerAccounts>()));
        services.AddSingleton<NodeComparison>();
        services.AddHostedService(static provider => provider.GetRequiredService<NodeComparison>());
        return services;
    }
}
