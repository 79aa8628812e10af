using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;
using LicenseAuthority.Marketplaces.KooGallery.V1;
using LicenseAuthority.Marketplaces.KooGallery.V2;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Outbox;
using LicenseAuthority.Telemetry;
using Microsoft.AspNetCore.RateLimiting;

namespace LicenseAuthority.Marketplaces.KooGallery;

internal static class KooGalleryServices
{
    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(14);

    /// <summary>Registers the door for the marketplace, and its accounts with what they sell; <see cref="ConfigurationException"/> names what is wrong with them.</summary>
    public static IServiceCollection AddKooGallery(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSettings<MarketplaceOptions>(MarketplaceOptions.SectionName);
        services.AddOptions<MarketplaceOptions>()
            .Validate(
                options => options.ExpireTimeOffset.Duration() <= LargestOffset,
                "Marketplace:ExpireTimeOffset must be from -14:00:00 to 14:00:00, such as 08:00:00 for Beijing time.")
            .Validate(
                options => options.KeepCalls >= TimeSpan.FromHours(1) && options.KeepCalls <= TimeSpan.FromDays(365),
                "Marketplace:KeepCalls must be from 01:00:00 to 365.00:00:00, such as 30.00:00:00 for a month.");
        services.AddCallJournal();
        services.AddMarketplaceWatch(MarketplaceHabits.Policy);
        services.AddSingleton<WatchedCalls>();
        var accounts = AccountSettings.Read(configuration, environment, MarketplaceApi.Path, OpenApiHosts.Default);
        services.AddSingleton(accounts);
        services.AddSingleton(accounts.Products);
        services.AddSingleton<RejectionLog>();
        services.AddSingleton<RefusedCalls>();
        services.AddInstruments<MarketplaceMetrics>();
        services.AddSingleton<IGeneration, V1Generation>();
        services.AddSingleton<ICallHandler, GetLicenseHandler>();
        services.AddSingleton<ICallHandler, RefreshLicenseHandler>();
        services.AddSingleton<ICallHandler, ExpireLicenseHandler>();
        services.AddSingleton<ICallHandler, ReleaseLicenseHandler>();
        services.AddSingleton<OpenApiCondition>();
        services.AddSingleton<OpenApiConnections>();
        services.AddSingleton<OpenApiClient>();
        services.AddSingleton<RecordedOpenApi>();
        services.AddSingleton<IOutboxSource, UploadMessages>();
        services.AddSingleton<IOutboxSender, UploadSender>();
        services.AddV2();
        services.AddAuthorizationCode();
        services.AddSingleton<MarketplaceApi>();
        services.Configure<RateLimiterOptions>(static limits => limits.AddPolicy<string, MarketplaceLimit>(MarketplaceLimit.Name));
        return services;
    }

    private static void AddV2(this IServiceCollection services)
    {
        services.AddSingleton<AnsweredNonces>();
        services.AddSingleton<NonceSweeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<NonceSweeper>());
        services.AddSingleton<IGeneration, V2Generation>();
        services.AddSingleton<IOrderSource, OpenApiOrders>();
        services.AddSingleton<ICallHandler, NewInstanceHandler>();
        services.AddSingleton<ICallHandler, RefreshInstanceHandler>();
        services.AddSingleton<ICallHandler, UpdateInstanceStatusHandler>();
        services.AddSingleton<ICallHandler, ReleaseInstanceHandler>();
        services.AddSingleton<ICallHandler, QueryInstanceHandler>();
        services.AddSingleton<ICallHandler, GetLicenseAsyncHandler>();
    }

    private static void AddAuthorizationCode(this IServiceCollection services)
    {
        services.AddSingleton<ICallHandler, RefreshLicenseCodeHandler>();
        services.AddSingleton<ICallHandler, UpdateLicenseCodeStatusHandler>();
        services.AddSingleton<ICallHandler, ReleaseLicenseCodeHandler>();
        services.AddSingleton<IMarketplaceCodes, CodeActivator>();
        services.AddSingleton<CodeHeartbeat>();
        services.AddSingleton<CodeUses>();
        services.AddSingleton<ICodeUses>(static provider => provider.GetRequiredService<CodeUses>());
        services.AddHostedService(static provider => provider.GetRequiredService<CodeUses>());
        services.AddMarketplaceUsage(MarketplaceHabits.Usage);
        services.AddSingleton<IOutboxSender, UsageSender>();
        services.AddSingleton<CodeHeartbeatService>();
        services.AddHostedService(static provider => provider.GetRequiredService<CodeHeartbeatService>());
    }

    /// <summary>Maps the production addresses.</summary>
    public static IEndpointRouteBuilder MapKooGallery(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.ServiceProvider.GetRequiredService<MarketplaceApi>();
        foreach (var pattern in MarketplaceApi.Patterns)
        {
            endpoints.MapMethods(pattern, api.Methods, api.CallAsync).RequireRateLimiting(MarketplaceLimit.Name);
        }

        return endpoints;
    }
}
