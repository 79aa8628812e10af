using LicenseAuthority.Clock;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Mark;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Nodes;
using LicenseAuthority.Outbox;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Telemetry;
using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Stores;

internal static class StoreServices
{
    /// <summary>Registers what each feature keeps in the database.</summary>
    public static IServiceCollection AddStores(this IServiceCollection services)
    {
        services.AddInstruments<StoreMetrics>();
        services.AddSingleton<ILicenseStore, LicenseStore>();
        services.AddSingleton<ILicenseQueries, LicenseQueries>();
        services.AddSingleton<PendingOrderStore>();
        services.AddSingleton<IPendingOrderStore>(static provider => provider.GetRequiredService<PendingOrderStore>());
        services.AddSingleton<IPendingOrderFigures>(static provider => provider.GetRequiredService<PendingOrderStore>());
        services.AddSingleton<INonceStore, NonceStore>();
        services.AddSingleton<IMarketplaceCodeStore, MarketplaceCodeStore>();
        services.AddSingleton<IActivationStore, ActivationStore>();
        services.AddSingleton<IDueLicenses, DueLicenses>();
        services.AddSingleton<IReissueStore, ReissueStore>();
        services.AddSingleton<StatusListStore>();
        services.AddSingleton<IStatusListStore>(static provider => provider.GetRequiredService<StatusListStore>());
        services.AddSingleton<IRestoreStore, RestoreStore>();
        services.AddSingleton<IStatusRows, StatusRows>();
        services.AddSingleton<StatusBlockStore>();
        services.AddSingleton(static provider => ActivatorUtilities.CreateInstance<PublishedBlocks>(provider, provider.GetRequiredService<StatusBlockStore>()));
        services.AddSingleton<IStatusBlockStore>(static provider => provider.GetRequiredService<PublishedBlocks>());
        services.AddSingleton<ICertificateLedger, CertificateLedger>();
        services.AddSingleton<INewestEvent, NewestEvent>();
        services.AddSingleton<INodeRegistry, NodeRegistry>();
        services.AddSingleton<OutboxStore>();
        services.AddSingleton<IOutboxStore>(static provider => provider.GetRequiredService<OutboxStore>());
        services.AddSingleton<IOutboxFigures>(static provider => provider.GetRequiredService<OutboxStore>());
        services.AddSingleton<IWebhookStore, WebhookStore>();
        services.AddSingleton<ICallStore, CallStore>();
        services.AddSingleton<IWatchStore, WatchStore>();
        services.AddSingleton<IUsageStore, UsageStore>();
        return services;
    }
}
