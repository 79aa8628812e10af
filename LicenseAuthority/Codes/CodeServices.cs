using LicenseAuthority.Licensing;

namespace LicenseAuthority.Codes;

internal static class CodeServices
{
    /// <summary>Registers what writes license codes.</summary>
    public static IServiceCollection AddCodes(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton(PublicUrl.From(configuration, allowLoopback: environment.IsDevelopment()));
        services.AddSingleton<StatusIndexes>();
        services.AddSingleton<LicenseCodeWriter>();
        services.AddSingleton<ILicenseSigner>(provider => provider.GetRequiredService<LicenseCodeWriter>());
        return services;
    }
}
