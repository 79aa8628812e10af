namespace LicenseAuthority.Licensee;

internal static class LicenseeServices
{
    private const int MostRefreshes = 10_000;

    /// <summary>Registers the door for licensed software.</summary>
    public static IServiceCollection AddLicensee(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<LicenseeOptions>()
            .Bind(configuration.GetSection(LicenseeOptions.SectionName))
            .Validate(
                options => options.RefreshesPerMinute is >= 1 and <= MostRefreshes,
                "Licensee:RefreshesPerMinute must be from 1 to 10000; the default is 60.")
            .ValidateOnStart();
        services.AddSingleton<RefreshLimiter>();
        return services;
    }
}
