using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces;

internal static class CallJournalServices
{
    /// <summary>Registers the journal of calls.</summary>
    public static IServiceCollection AddCallJournal(this IServiceCollection services)
    {
        services.AddInstruments<CallJournalMetrics>();
        services.AddSingleton<CallJournal>();
        services.AddHostedService(static provider => provider.GetRequiredService<CallJournal>());
        services.AddSingleton<CallRetention>();
        services.AddHostedService(static provider => provider.GetRequiredService<CallRetention>());
        return services;
    }
}
