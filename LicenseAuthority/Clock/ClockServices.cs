using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Clock;

internal static class ClockServices
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>
    /// Makes the service's time steady: puts <see cref="SteadyTime"/> around the time provider that was registered before. Comes after everything that may
    /// replace that.
    /// </summary>
    public static IServiceCollection AddClock(this IServiceCollection services)
    {
        services.AddSettings<ClockOptions>(ClockOptions.SectionName);
        services.AddOptions<ClockOptions>()
            .Validate(
                options => options.HoldFor >= TimeSpan.Zero && options.HoldFor <= Longest,
                "Clock:HoldFor must be from 00:00:00 to 1.00:00:00, such as 00:10:00 for ten minutes; 00:00:00 believes every time of this machine at once.");

        // The scheduler's own is there too, by its name.
        var inner = services.Last(static descriptor => descriptor.ServiceType == typeof(TimeProvider) && !descriptor.IsKeyedService).ImplementationInstance
            as TimeProvider ?? throw new InvalidOperationException("The time provider must be registered as an instance.");
        services.AddSingleton(provider => new SteadyTime(
            inner, provider.GetRequiredService<IOptions<ClockOptions>>().Value.HoldFor, provider.GetRequiredService<ILogger<SteadyTime>>()));
        services.Replace(ServiceDescriptor.Singleton<TimeProvider>(static provider => provider.GetRequiredService<SteadyTime>()));
        services.AddSingleton<ISettledClock>(static provider => provider.GetRequiredService<SteadyTime>());
        services.AddSingleton<ClockWatcher>();
        services.AddHostedService(static provider => provider.GetRequiredService<ClockWatcher>());
        return services;
    }
}
