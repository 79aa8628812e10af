using LicenseAuthority.Licensing;

namespace LicenseAuthority.Codes;

internal static class CodeServices
{
    /// <summary>Registers what writes license codes.</summary>
    public static IServiceCollection AddCodes(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(PublicUrl.From(configuration));
        services.AddSingleton<StatusIndexes>();
        services.AddSingleton<ILicenseSigner, LicenseCodeWriter>();
        return services;
    }
}
