using LicenseAuthority.Licensing;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.StatusLists;

internal static class StatusListServices
{
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestTimeToLive = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>Registers the status lists.</summary>
    public static IServiceCollection AddStatusLists(this IServiceCollection services)
    {
        services.AddSettings<StatusListOptions>(StatusListOptions.SectionName);
        services.AddOptions<StatusListOptions>()
            .Validate(
                options => options.Lifetime >= ShortestLifetime && options.Lifetime <= Longest,
                "StatusLists:Lifetime must be from 01:00:00 to 366.00:00:00, such as 30.00:00:00 for 30 days.")
            .Validate(
                options => options.TimeToLive >= ShortestTimeToLive && options.TimeToLive <= Longest,
                "StatusLists:TimeToLive must be from 00:01:00 to 366.00:00:00, such as 12:00:00 for half a day.");
        services.AddSingleton<StatusListWriter>();
        services.AddSingleton<StatusListBoard>();
        services.AddSingleton<StatusListPublisher>();
        services.AddInstruments<StatusListMetrics>();
        services.AddSingleton<StatusListSignal>();
        services.AddSingleton<ICommitListener>(static provider => provider.GetRequiredService<StatusListSignal>());
        services.AddHostedService<StatusListService>();
        return services;
    }

    /// <summary>Serves what is stored. Database and keys are open.</summary>
    public static Task OpenStatusListsAsync(this IServiceProvider services) => services.GetRequiredService<StatusListPublisher>().OpenAsync(CancellationToken.None);
}
