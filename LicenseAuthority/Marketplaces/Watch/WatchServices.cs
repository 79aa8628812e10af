using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces.Watch;

internal static class WatchServices
{
    /// <summary>Registers the watch over a marketplace that puts up with so much.</summary>
    public static IServiceCollection AddMarketplaceWatch(this IServiceCollection services, WatchPolicy policy)
    {
        services.AddSingleton(policy);
        services.AddSingleton<WatchAlarms>();
        services.AddInstruments<WatchMetrics>();
        services.AddSingleton<MarketplaceWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<MarketplaceWatch>());
        services.AddSingleton<WatchSweeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<WatchSweeper>());
        services.AddSingleton<MissedRenewals>();
        services.AddHostedService(static provider => provider.GetRequiredService<MissedRenewals>());
        return services;
    }
}
