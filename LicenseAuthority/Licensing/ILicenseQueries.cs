using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Licensing;

/// <summary>What operators look up. Decides nothing, so it may see a license a moment after or before another call's change.</summary>
internal interface ILicenseQueries
{
    /// <summary>A license with its newest code and its orders, or null. <see cref="UnreadableLicenseException"/> when it cannot be read.</summary>
    ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken);

    /// <summary>The code with this number, and the license that it was issued for with its newest unbound code; null when there is none.</summary>
    ValueTask<IssuedCode?> FindByCodeAsync(string licenseId, int generation, CancellationToken cancellationToken);

    /// <summary>Licenses that match, the newest first, from the cursor on, also those that cannot be read.</summary>
    ValueTask<IReadOnlyList<ListedLicense>> ListAsync(LicenseFilter filter, LicenseCursor cursor, int limit, CancellationToken cancellationToken);

    /// <summary>Which of these licenses an account has, in any state, without reading them; of <paramref name="testOnly"/> only test licenses.</summary>
    ValueTask<IReadOnlySet<string>> ListKnownAsync(string account, IReadOnlyCollection<string> licenseIds, bool testOnly, CancellationToken cancellationToken);

    /// <summary>The events of a license, the oldest first, after the one with this number; null when there is no such license.</summary>
    ValueTask<IReadOnlyList<EventRecord>?> ListEventsAsync(string licenseId, long afterEvent, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Conflicts that match, the newest first, from before the one with this id on (null = from the newest). Refused test orders are listed apart from all
    /// others.
    /// </summary>
    ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(
        ConflictKind? kind, ConflictStatus status, bool testOrders, string? beforeId, int limit, CancellationToken cancellationToken);

    /// <summary>Whether an order that was paid for waits to be served, a purchase or a later one such as a renewal; test orders do not count.</summary>
    ValueTask<bool> HasUnservedOrdersAsync(CancellationToken cancellationToken);
}

/// <summary>A license as operators see it.</summary>
/// <param name="License">Its facts.</param>
/// <param name="CodeText">Its newest code.</param>
/// <param name="Orders">Its orders, the oldest first.</param>
internal sealed record LicenseRecord(License License, string CodeText, IReadOnlyList<LicenseOrder> Orders)
{
    /// <summary>The marketplace code that it was issued for; null = none.</summary>
    public MarketplaceCode? MarketplaceCode { get; init; }

    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"license {License.Id}";
}

/// <summary>A license in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Record">The license; null = what is stored of it cannot be read.</param>
internal sealed record ListedLicense(string Id, LicenseRecord? Record)
{
    /// <summary>The license; <see cref="UnreadableLicenseException"/> when it cannot be read.</summary>
    public LicenseRecord GetRecord() => Record ?? throw new UnreadableLicenseException(Id, "its row is damaged, or was changed by hand");
}

/// <summary>A license and its newest code.</summary>
internal sealed record LicenseWithCode(License License, string CodeText)
{
    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"license {License.Id} with its code";
}

/// <summary>A code that was issued, the newest of its binding or an older one.</summary>
/// <param name="Sha256">Of its exact text: whoever shows a code must show this one.</param>
/// <param name="Device">Its binding: the device that it is bound to; null = bound to none.</param>
/// <param name="Newest">Its license with the newest code that is bound to no device, whatever this one's binding is.</param>
internal sealed record IssuedCode(byte[] Sha256, string? Device, LicenseWithCode Newest);

/// <summary>Which licenses to list; null = all.</summary>
/// <param name="Test">Test licenses or real ones, never both: they are counted apart.</param>
/// <param name="State">The state at <see cref="LicenseCursor.Now"/>, recorded or not.</param>
/// <param name="Product">Product id.</param>
/// <param name="Customer">Our customer id (<c>cus_…</c>), the marketplace's, or how the name begins.</param>
/// <param name="OrderId">A purchase or later order of the license.</param>
/// <param name="ExpiresBefore">Only terms that end before.</param>
/// <param name="ExpiresAfter">Only terms that end after; perpetual licenses have no end.</param>
internal sealed record LicenseFilter(
    bool Test, LicenseState? State, string? Product, string? Customer, string? OrderId, DateTimeOffset? ExpiresBefore, DateTimeOffset? ExpiresAfter)
{
    /// <summary>Only licenses that live (Active or Frozen), and whose newest code licensed software refuses for good: a restore said so.</summary>
    public bool CodeInvalid { get; init; }

    /// <summary>Only licenses of this account; null = of all.</summary>
    public string? Account { get; init; }

    /// <summary>Only the license that was issued for this marketplace code; null = all.</summary>
    public MarketplaceCode? MarketplaceCode { get; init; }
}

/// <summary>Where a list of licenses goes on.</summary>
/// <param name="Now">The instant that states are judged at, fixed with the first page: a list must not shift while the clock passes.</param>
/// <param name="BeforeId">Only licenses before this id; null = from the newest.</param>
internal sealed record LicenseCursor(DateTimeOffset Now, string? BeforeId);
