using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Puts licenses into a database by the same code that stores a real one, but many to a transaction.</summary>
internal static class StoredLicenses
{
    /// <summary>Counts those that the clock has to settle.</summary>
    public const string CountDue = "SELECT count(*) FROM licenses WHERE next_due_at <= @now";

    /// <summary>Stores all in one transaction and returns how many.</summary>
    public static Task<int> StoreAsync(IDatabase database, LicenseStore store, IReadOnlyList<LicenseCommit> changes) =>
        database.WriteAsync(async session =>
        {
            foreach (var change in changes)
            {
                _ = await store.StoreAsync(session, new PreparedCommit(change, OutboxFeed.None));
            }

            return changes.Count;
        });
}
