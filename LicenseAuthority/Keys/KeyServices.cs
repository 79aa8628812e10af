using Microsoft.Extensions.Options;

namespace LicenseAuthority.Keys;

internal static class KeyServices
{
    /// <summary>Registers the <see cref="LiveKeys"/>. <see cref="OpenKeysAsync"/> loads them; later ones are found while the service runs.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSettings<KeyOptions>(KeyOptions.SectionName);
        services.AddOptions<KeyOptions>()
            .Validate(
                options => !string.IsNullOrWhiteSpace(options.Directory),
                "Keys:Directory is empty. Leave the setting out for the default, \"keys\", or name the directory that holds the keys.");
        services.AddOpened<LiveKeys>();
        services.AddHostedService<KeyRingReport>();
        services.AddSingleton<KeyWatcher>();
        services.AddHostedService(static provider => provider.GetRequiredService<KeyWatcher>());
        services.AddSingleton<RetiredKeyFiles>();
        services.AddHostedService(static provider => provider.GetRequiredService<RetiredKeyFiles>());
        return services;
    }

    /// <summary>Loads the keys. The database is open: it knows which keys have served it.</summary>
    /// <exception cref="KeyException">A key cannot be used.</exception>
    public static async Task OpenKeysAsync(this IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<KeyOptions>>().Value;
        var environment = services.GetRequiredService<IHostEnvironment>();
        var time = services.GetRequiredService<TimeProvider>();
        var ledger = services.GetRequiredService<ICertificateLedger>();
        var directory = new KeyDirectory(Path.Combine(environment.ContentRootPath, options.Directory));

        var served = await ledger.FindHighestSerialsAsync();
        if (served.Highest is { } known && !directory.HasKeys())
        {
            throw new KeyException(
                $"There are no keys in {directory.FullPath} (Keys:Directory), but licenses in the database were signed with some (certificate {known}). "
                + "Restore the keys directory from the backup. To begin anew, with no license issued so far kept, remove the database as well.");
        }

        if (environment.IsDevelopment() && !DevelopmentKeys.GenerateIfEmpty(directory, time))
        {
            DevelopmentKeys.RenewIfNotForNow(directory, time);
        }

        uint? heldAbove = services.GetRequiredService<ISettledClock>().IsSettled ? null : served.Highest ?? 0;
        var keys = KeyRing.Load(directory, options.Passphrase, allowDevelopmentKeys: environment.IsDevelopment(), time, heldAbove);
        if (served.HighestBegun > keys.Current.Serial)
        {
            var serial = keys.Current.Serial;
            keys.Dispose();
            throw new KeyException(
                $"The newest usable certificate in {directory.FullPath} is {serial}, but the database has been served by {served.HighestBegun}: an old copy of the keys. "
                + "Restore the newest keys directory from the backup, or copy it from the node that has it.");
        }

        services.GetRequiredService<Opened<LiveKeys>>().Set(new LiveKeys(keys, await ledger.FindMinimumSerialAsync()));
        await ledger.RecordAsync(services.GetRequiredService<LiveKeys>().Ring.ServedCertificates);
    }
}
