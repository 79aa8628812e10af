namespace LicenseAuthority.Reissue;

internal static class ReissueServices
{
    /// <summary>Registers what replaces the codes that a revoked key has signed.</summary>
    public static IServiceCollection AddReissue(this IServiceCollection services)
    {
        services.AddSingleton<CodeReissuer>();
        services.AddHostedService(static provider => provider.GetRequiredService<CodeReissuer>());
        return services;
    }
}
