using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The service's own store without anybody who listens to it.</summary>
internal static class BareStore
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    /// <summary>Nobody hears of its commits.</summary>
    public static CommitListeners NoListeners => new([], NullLogger<CommitListeners>.Instance);

    /// <summary>Tells nobody what could not be read.</summary>
    public static UnreadableLicenses Unreadable => new(NullLogger<UnreadableLicenses>.Instance);

    /// <summary>The store of a database.</summary>
    public static LicenseStore Of(IDatabase database) =>
        new(database, OutboxFeed.None, NoListeners, new StoreMetrics(Meters, TimeProvider.System), TimeProvider.System);
}
