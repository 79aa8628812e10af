using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

internal static class MarkServices
{
    /// <summary>Registers the mark beside the keys, and what a start does with it.</summary>
    public static IServiceCollection AddMark(this IServiceCollection services)
    {
        services.AddSingleton(static provider => AuthorityMark.From(
            provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>().ContentRootPath));
        services.AddSingleton<AuthorityMarkCheck>();
        services.AddSingleton<IStartCheck>(static provider => provider.GetRequiredService<AuthorityMarkCheck>());
        services.AddHostedService<MarkWriter>();
        return services;
    }
}
