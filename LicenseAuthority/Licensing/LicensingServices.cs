using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Licensing;

internal static class LicensingServices
{
    /// <summary>Registers the rules of licenses. Whoever calls it registers the <see cref="Products.ProductCatalogs"/>.</summary>
    public static IServiceCollection AddLicensing(this IServiceCollection services)
    {
        services.AddSingleton<Identifiers>();
        services.AddSingleton<CommitListeners>();
        services.AddSingleton<LicenseService>();
        services.AddSingleton<ActivationService>();
        services.AddSingleton<UnservedOrders>();
        services.AddSingleton<UnreadableLicenses>();
        return services;
    }
}
