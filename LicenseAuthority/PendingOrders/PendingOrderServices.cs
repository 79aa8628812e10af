namespace LicenseAuthority.PendingOrders;

internal static class PendingOrderServices
{
    /// <summary>Registers what looks up pending orders in the background.</summary>
    public static IServiceCollection AddPendingOrders(this IServiceCollection services)
    {
        services.AddSingleton<PendingOrderJob>();
        services.AddHostedService(static provider => provider.GetRequiredService<PendingOrderJob>());
        return services;
    }
}
