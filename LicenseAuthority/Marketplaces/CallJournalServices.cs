using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces;

internal static class CallJournalServices
{
    /// <summary>Registers the journal of calls.</summary>
    /// <param name="services">The container.</param>
    /// <param name="keepCalls">Reads the setting that says how long calls are kept.</param>
    public static IServiceCollection AddCallJournal(this IServiceCollection services, Func<IServiceProvider, TimeSpan> keepCalls)
    {
        services.AddInstruments<CallJournalMetrics>();
        services.AddSingleton(provider => new KeptCalls(keepCalls(provider)));
        services.AddSingleton<CallJournal>();
        services.AddHostedService(static provider => provider.GetRequiredService<CallJournal>());
        services.AddSingleton<CallRetention>();
        services.AddHostedService(static provider => provider.GetRequiredService<CallRetention>());
        return services;
    }
}
