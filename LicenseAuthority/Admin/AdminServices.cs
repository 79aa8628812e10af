using LicenseAuthority.Telemetry;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Admin;

internal static class AdminServices
{
    /// <summary>Registers the door for operators.</summary>
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSettings<AdminOptions>(AdminOptions.SectionName);
        services.AddInstruments<AdminMetrics>();
        services.AddSingleton(provider => ApiKeys.From(
            provider.GetRequiredService<IOptions<AdminOptions>>().Value, provider.GetRequiredService<IHostEnvironment>()));
        return services;
    }
}
