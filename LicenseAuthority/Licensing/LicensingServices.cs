using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Licensing;

internal static class LicensingServices
{
    /// <summary>Registers the rules of licenses. Whoever calls it registers the <see cref="Products.ProductCatalogs"/> and an <see cref="IOrderSource"/>.</summary>
    public static IServiceCollection AddLicensing(this IServiceCollection services)
    {
        services.AddSingleton<Identifiers>();
        services.AddSingleton<CommitListeners>();
        services.AddSingleton<LicenseService>();
        services.AddSingleton<ActivationService>();
        services.AddSingleton<UnservedOrders>();
        services.AddSingleton<UnservedRenewals>();
        services.AddSingleton<PendingOrderService>();
        services.AddSingleton<MissingCredentials>();
        services.AddSingleton<ConflictResolver>();
        services.AddSingleton<MarketplaceCodeCalls>();
        services.AddSingleton<GuessedLicenses>();
        services.AddSingleton<UnreadableLicenses>();
        return services;
    }
}
