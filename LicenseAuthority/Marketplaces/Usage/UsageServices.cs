using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces.Usage;

internal static class UsageServices
{
    /// <summary>Registers what tells a marketplace of the use of its licenses. Its adapter sends the reports.</summary>
    public static IServiceCollection AddMarketplaceUsage(this IServiceCollection services, UsagePolicy policy)
    {
        services.AddSingleton(policy);
        services.AddInstruments<UsageMetrics>();
        services.AddSingleton<UsageRecorder>();
        services.AddSingleton<UsageReporter>();
        services.AddHostedService(static provider => provider.GetRequiredService<UsageReporter>());
        return services;
    }
}
