using LicenseAuthority.Codes;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

internal static class MarkServices
{
    /// <summary>Registers the mark beside the keys, and what notices that the database is not the one that it speaks of, or has fallen behind it.</summary>
    public static IServiceCollection AddMark(this IServiceCollection services)
    {
        services.AddSingleton(static provider => AuthorityMark.From(
            provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>().ContentRootPath));
        services.AddSingleton<IStartCheck, AuthorityMarkCheck>();
        services.AddSingleton<RestoreWatch>();
        services.AddSingleton<IStatusListMark>(static provider => provider.GetRequiredService<RestoreWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<RestoreWatch>());
        services.AddSingleton<LostCodes>();
        return services;
    }

    /// <summary>Compares the database with the mark, before anything listens.</summary>
    /// <exception cref="StorageException">The mark cannot be written.</exception>
    public static async Task OpenMarkAsync(this IServiceProvider services)
    {
        var watch = services.GetRequiredService<RestoreWatch>();
        var publisher = services.GetRequiredService<StatusListPublisher>();

        // In this order: whoever has nothing left draws, and must not get what lies ready here.
        watch.Restored += services.GetRequiredService<PublishedBlocks>().Discard;
        watch.Restored += services.GetRequiredService<StatusIndexes>().Discard;

        // Not awaited: who publishes tells the mark, and must not wait for it while it waits for him.
        watch.Restored += () => _ = publisher.RenewAllAsync(CancellationToken.None);
        await watch.OpenAsync();
    }
}
