using LicenseAuthority.Outbox;

namespace LicenseAuthority.Webhooks;

internal static class WebhookServices
{
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Registers webhooks: the first who uses the outbox.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddSettings<WebhookOptions>(WebhookOptions.SectionName);
        services.AddOptions<WebhookOptions>()
            .Validate(
                options => options.Timeout >= ShortestTimeout && options.Timeout <= LongestTimeout,
                "Webhooks:Timeout must be from 00:00:01 to 00:01:00, such as 00:00:15.");
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookConnections>();
        services.AddSingleton<WebhookRegistry>();
        services.AddSingleton<WebhookSubscriptions>();
        services.AddHostedService(static provider => provider.GetRequiredService<WebhookSubscriptions>());
        services.AddSingleton<IOutboxSource, WebhookMessages>();
        services.AddSingleton<IOutboxSender, WebhookSender>();
        return services;
    }
}
