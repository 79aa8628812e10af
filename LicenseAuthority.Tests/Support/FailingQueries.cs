using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Tests.Support;

/// <summary>Look-ups of which each fails.</summary>
internal class FailingQueries(Func<Exception> create) : ILicenseQueries
{
    public ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken) => throw create();

    public ValueTask<IssuedCode?> FindByCodeAsync(string licenseId, int generation, CancellationToken cancellationToken) => throw create();

    public ValueTask<IReadOnlyList<ListedLicense>> ListAsync(
        LicenseFilter filter, LicenseCursor cursor, int limit, CancellationToken cancellationToken) => throw create();

    public ValueTask<IReadOnlySet<string>> ListKnownAsync(
        string account, IReadOnlyCollection<string> licenseIds, bool testOnly, CancellationToken cancellationToken) => throw create();

    public ValueTask<IReadOnlyList<EventRecord>?> ListEventsAsync(
        string licenseId, long afterEvent, int limit, CancellationToken cancellationToken) => throw create();

    public ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(
        ConflictKind? kind, ConflictStatus status, bool testOrders, string? beforeId, int limit, CancellationToken cancellationToken) => throw create();

    public ValueTask<bool> HasUnservedOrdersAsync(CancellationToken cancellationToken) => throw create();
}
