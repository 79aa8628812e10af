using LicenseAuthority.Marketplace.V1;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Telemetry;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplace;

internal static class MarketplaceServices
{
    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(14);

    /// <summary>Registers the door for the marketplace.</summary>
    public static IServiceCollection AddMarketplace(this IServiceCollection services)
    {
        services.AddSettings<MarketplaceOptions>(MarketplaceOptions.SectionName);
        services.AddOptions<MarketplaceOptions>()
            .Validate(
                options => options.ExpireTimeOffset.Duration() <= LargestOffset,
                "Marketplace:ExpireTimeOffset must be from -14:00:00 to 14:00:00, such as 08:00:00 for Beijing time.")
            .Validate(
                options => options.KeepCalls >= TimeSpan.FromHours(1) && options.KeepCalls <= TimeSpan.FromDays(365),
                "Marketplace:KeepCalls must be from 01:00:00 to 365.00:00:00, such as 30.00:00:00 for a month.");
        services.AddCallJournal(static provider => provider.GetRequiredService<IOptions<MarketplaceOptions>>().Value.KeepCalls);
        services.AddSingleton(provider => AccessKeys.From(
            provider.GetRequiredService<IOptions<MarketplaceOptions>>().Value, provider.GetRequiredService<IHostEnvironment>()));
        services.AddSingleton<RejectionLog>();
        services.AddSingleton<RefusedCalls>();
        services.AddInstruments<MarketplaceMetrics>();
        services.AddSingleton<IV1Handler, GetLicenseHandler>();
        services.AddSingleton<IV1Handler, RefreshLicenseHandler>();
        services.AddSingleton<IV1Handler, ExpireLicenseHandler>();
        services.AddSingleton<IV1Handler, ReleaseLicenseHandler>();
        services.AddSingleton<MarketplaceApi>();
        services.Configure<RateLimiterOptions>(static limits => limits.AddPolicy<string, MarketplaceLimit>(MarketplaceLimit.Name));
        return services;
    }

    /// <summary>Maps the production address.</summary>
    public static IEndpointRouteBuilder MapMarketplace(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(MarketplaceApi.Path, endpoints.ServiceProvider.GetRequiredService<MarketplaceApi>().GetAsync)
            .RequireRateLimiting(MarketplaceLimit.Name);
        return endpoints;
    }
}
