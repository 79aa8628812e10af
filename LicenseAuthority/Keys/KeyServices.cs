using Microsoft.Extensions.Options;

namespace LicenseAuthority.Keys;

internal static class KeyServices
{
    /// <summary>Registers the <see cref="KeyRing"/>, loaded when the service starts: a key that cannot be used stops the start.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddOptions<KeyOptions>()
            .BindConfiguration(KeyOptions.Section)
            .Validate(
                options => !string.IsNullOrWhiteSpace(options.Directory),
                "Keys:Directory is empty. Leave the setting out for the default, \"keys\", or name the directory that holds the keys.")
            .ValidateOnStart();
        services.AddSingleton(Load);
        services.AddHostedService<KeyRingReport>();
        return services;
    }

    private static KeyRing Load(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<KeyOptions>>().Value;
        var environment = services.GetRequiredService<IHostEnvironment>();
        var time = services.GetRequiredService<TimeProvider>();
        var directory = new KeyDirectory(Path.Combine(environment.ContentRootPath, options.Directory));
        if (environment.IsDevelopment())
        {
            DevelopmentKeys.GenerateIfEmpty(directory, time);
        }

        return KeyRing.Load(directory, options.Passphrase, allowDevelopmentKeys: environment.IsDevelopment(), time);
    }
}
