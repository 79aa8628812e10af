using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>
/// What licensed software has told of its use and the marketplace has not heard yet. Thread-safe. Every method throws <see cref="StoreBusyException"/> when the
/// store cannot answer in time.
/// </summary>
internal interface IUsageStore
{
    /// <summary>So many rows at most are deleted by one call: others wait for the writer.</summary>
    const int BatchSize = 500;

    /// <summary>Whether a license was issued for a marketplace's code.</summary>
    ValueTask<bool> HasCodeAsync(string licenseId, CancellationToken cancellationToken);

    /// <summary>
    /// Adds an entry to a day, or to the next one where that day's report was written already. What the day has already is not written again. False: it is one id
    /// too many, and was not stored.
    /// </summary>
    /// <param name="account">The license's account.</param>
    /// <param name="licenseId">The license.</param>
    /// <param name="day">The marketplace's day.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="partSize">How many entries of a license go into one report.</param>
    /// <param name="mostIds">How many ids a license may have on a day.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Withdraws it before it is stored.</param>
    Task<bool> AddAsync(
        string account, string licenseId, DateOnly day, UsageEntry entry, int partSize, int mostIds, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Takes licenses of an account of the oldest day that was not reported, and writes the messages about them: in one transaction, and each license of a day once,
    /// whichever node does it. Returns how many licenses were taken; 0 = nothing is left.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="before">Only days before this one.</param>
    /// <param name="most">So many licenses.</param>
    /// <param name="now">The time.</param>
    /// <param name="messages">Makes the messages; what it returns may be thrown away.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<int> ReportAsync(
        string account, DateOnly before, int most, DateTimeOffset now, Func<DateOnly, IReadOnlyList<UsedLicense>, IReadOnlyList<OutboxMessage>> messages,
        CancellationToken cancellationToken);

    /// <summary>What a report says; licenses of which nothing is left are not in it.</summary>
    ValueTask<IReadOnlyList<LicenseUsage>> ReadAsync(UsageReport report, int partSize, CancellationToken cancellationToken);

    /// <summary>Deletes what a report said of these licenses: it was sent, or never will be.</summary>
    Task RemoveAsync(UsageReport report, IReadOnlyCollection<string> licenseIds, int partSize, CancellationToken cancellationToken);

    /// <summary>Deletes some of what nobody took in time; where it deleted <see cref="BatchSize"/> of either kind, there may be more.</summary>
    /// <param name="idsBefore">Ids that were told at or before this instant.</param>
    /// <param name="through">Of this day and those before it everything.</param>
    /// <param name="after">Of the days after this one everything: they were written by a clock that was ahead.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<LostUsage> DeleteOldAsync(DateTimeOffset idsBefore, DateOnly through, DateOnly after, CancellationToken cancellationToken);
}

/// <summary>Entries that were deleted and not reported.</summary>
/// <param name="Ids">How many ids.</param>
/// <param name="Numbers">How many numbers.</param>
/// <param name="HasMore">There may be more to delete.</param>
internal sealed record LostUsage(int Ids, int Numbers, bool HasMore);
