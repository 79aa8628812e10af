using LicenseAuthority.Licensing;

namespace LicenseAuthority.Outbox;

internal static class OutboxServices
{
    /// <summary>Registers the outbox. Who sends and who makes messages registers <see cref="IOutboxSender"/> and <see cref="IOutboxSource"/>.</summary>
    public static IServiceCollection AddOutbox(this IServiceCollection services)
    {
        services.AddSettings<OutboxOptions>(OutboxOptions.SectionName);
        services.AddOptions<OutboxOptions>()
            .Validate(
                options => options.KeepDelivered >= TimeSpan.FromHours(1) && options.KeepDelivered <= TimeSpan.FromDays(365),
                "Outbox:KeepDelivered must be from 01:00:00 to 365.00:00:00, such as 7.00:00:00 for a week.")
            .Validate(
                options => options.BacklogWarning >= TimeSpan.FromMinutes(1) && options.BacklogWarning <= TimeSpan.FromDays(3),
                "Outbox:BacklogWarning must be from 00:01:00 to 3.00:00:00, such as 00:15:00 for a quarter of an hour.");
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<OutboxFeed>();
        services.AddSingleton<ICommitListener>(static provider => provider.GetRequiredService<OutboxFeed>());
        services.AddSingleton(new Backoff(Random.Shared.NextDouble));
        services.AddSingleton<OutboxDispatcher>();
        services.AddHostedService(static provider => provider.GetRequiredService<OutboxDispatcher>());
        return services;
    }
}
