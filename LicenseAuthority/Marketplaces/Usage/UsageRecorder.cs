using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>
/// Keeps what licensed software tells of its use until the marketplace's day is over: of numbers the highest, of ids each once. The one place that says what is
/// taken. Thread-safe.
/// </summary>
internal sealed class UsageRecorder(IUsageStore store, ProductCatalogs products, UsagePolicy policy, TimeProvider time)
{
    /// <summary>So many ids of a license are kept of a day: software gone wild must not fill the disk.</summary>
    public const int MostIds = 10_000;

    /// <summary>When the day is over, after which a license may have ids again.</summary>
    public DateTimeOffset DayEndsAt => policy.EndOf(policy.DayOf(time.GetUtcNow()));

    /// <summary>Takes an entry, or says why not. When it returns, what was taken is stored.</summary>
    /// <param name="license">The license of whoever tells it.</param>
    /// <param name="entry">What is told.</param>
    /// <param name="cancellationToken">Withdraws it before it is stored.</param>
    /// <exception cref="StoreBusyException">Nothing was stored; repeat the call.</exception>
    public async Task<UsageOutcome> RecordAsync(License license, UsageEntry entry, CancellationToken cancellationToken)
    {
        // Of a product that is no longer sold nothing is wanted.
        if (products.Find(license.Account, license.Product)?.Usage != KindOf(entry))
        {
            return UsageOutcome.NotWanted;
        }

        if (!await store.HasCodeAsync(license.Id, cancellationToken))
        {
            return UsageOutcome.NoMarketplaceCode;
        }

        var now = LicenseTime.CutToMillisecond(time.GetUtcNow());
        if (license.StateAt(now) is LicenseState.Released or LicenseState.Revoked)
        {
            return UsageOutcome.Over;
        }

        if (license.Test)
        {
            return UsageOutcome.AcceptedTest;
        }

        return await store.AddAsync(license.Account, license.Id, policy.DayOf(now), entry, policy.MostEntries, MostIds, now, cancellationToken)
            ? UsageOutcome.Accepted
            : UsageOutcome.TooManyIds;
    }

    private static ProductUsage KindOf(UsageEntry entry) => entry is UsageEntry.Id ? ProductUsage.Ids : ProductUsage.Count;
}
