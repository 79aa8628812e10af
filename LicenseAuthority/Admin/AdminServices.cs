using LicenseAuthority.Doors;
using LicenseAuthority.Telemetry;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Admin;

internal static class AdminServices
{
    // Lists may read much: few at once.
    private const int AtOnce = 32;
    private const int Waiting = 200;

    /// <summary>Registers the door for operators.</summary>
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSettings<AdminOptions>(AdminOptions.SectionName);
        services.AddInstruments<AdminMetrics>();
        services.AddSingleton(provider => ApiKeys.From(
            provider.GetRequiredService<IOptions<AdminOptions>>().Value, provider.GetRequiredService<IHostEnvironment>()));
        services.AddAdminPolicies();
        services.AddDoorLimit(AdminApi.Door, AtOnce, Waiting);
        return services;
    }
}
