using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>License codes that are judged by a status list.</summary>
internal static class ListedVectors
{
    public static IEnumerable<NamedVector> All()
    {
        const long Day = 86400;
        var (now, made, end) = (TestCodes.Now, TestStatusLists.IssuedAt, TestStatusLists.ExpiresAt);
        yield return NamedVector.Listed("list-valid", "Entry 0 of a fresh list, demanded.", LicenseOutcome.Valid, TestStatusLists.With(0), requireStatus: true);
        yield return NamedVector.Listed(
            "list-last-second", "One second before the list's exp, demanded.", LicenseOutcome.Valid, TestStatusLists.With(0), now: end - 1, requireStatus: true);
        yield return NamedVector.Listed("list-ended", "At the list's exp, demanded.", LicenseOutcome.StatusListTooOld, TestStatusLists.With(0), now: end, requireStatus: true);
        yield return NamedVector.Listed("list-ended-not-demanded", "At the list's exp, not demanded.", LicenseOutcome.Valid, TestStatusLists.With(0), now: end);
        yield return NamedVector.Listed(
            "list-max-age-last-second", "One second younger than the host allows.", LicenseOutcome.Valid,
            TestStatusLists.With(0), now: made + (7 * Day) - 1, requireStatus: true, maxAge: 7 * Day);
        yield return NamedVector.Listed(
            "list-max-age", "As old as the host allows, to the second.", LicenseOutcome.StatusListTooOld,
            TestStatusLists.With(0), now: made + (7 * Day), requireStatus: true, maxAge: 7 * Day);
        yield return NamedVector.Listed("list-revoked", "Entry 1.", LicenseOutcome.Revoked, TestStatusLists.With(1));
        yield return NamedVector.Listed(
            "list-revoked-old-list", "Entry 1 of a list that ended: it denies at any age.", LicenseOutcome.Revoked, TestStatusLists.With(1), now: end + (90 * Day));
        yield return NamedVector.Listed(
            "list-revoked-and-frozen", "Entry 1, at the code's exp: Revoked comes before Frozen.", LicenseOutcome.Revoked,
            TestStatusLists.With(1), now: TestCodes.ExpiresAt);
        yield return NamedVector.Listed(
            "list-revoked-and-expired", "Entry 1, at exp + grace: Expired comes before Revoked.", LicenseOutcome.Expired,
            TestStatusLists.With(1), now: TestCodes.ExpiresAt + TestCodes.GraceSeconds);
        yield return NamedVector.Listed("list-suspended", "Entry 2.", LicenseOutcome.Suspended, TestStatusLists.With(2));
        yield return NamedVector.Listed("list-suspended-old-list", "Entry 2 of a list that ended.", LicenseOutcome.Suspended, TestStatusLists.With(2), now: end, requireStatus: true);
        yield return NamedVector.Listed(
            "list-suspended-and-frozen", "Entry 2, at the code's exp: Frozen comes before Suspended.", LicenseOutcome.Frozen,
            TestStatusLists.With(2), now: TestCodes.ExpiresAt);
        yield return NamedVector.Listed("list-entry-3", "Entry 3 reads as suspended.", LicenseOutcome.Suspended, TestStatusLists.With(3));
        yield return NamedVector.Listed("list-none", "No list, demanded.", LicenseOutcome.StatusListTooOld, null, requireStatus: true);
        yield return NamedVector.Listed("list-none-not-demanded", "No list, not demanded.", LicenseOutcome.Valid, null);
        yield return NamedVector.Listed(
            "list-code-names-none", "The code names no list, demanded.", LicenseOutcome.StatusListTooOld,
            TestStatusLists.With(0), TestCodes.Valid().Without("status"), requireStatus: true);
        yield return NamedVector.Listed(
            "list-other-uri", "Entry 1 of another list, whose URI differs in one letter's case.", LicenseOutcome.Valid,
            TestStatusLists.With(1).With("sub", $"\"{TestStatusLists.Uri.Replace("licensee", "Licensee", StringComparison.Ordinal)}\""));
        yield return NamedVector.Listed(
            "list-index-out-of-range", "The list has no entry for the code: it does not count.", LicenseOutcome.StatusListTooOld, TestStatusLists.With(0),
            TestCodes.Valid().With("status", $$$"""{"status_list":{"idx":1048576,"uri":"{{{TestStatusLists.Uri}}}"}}"""), requireStatus: true);
        yield return NamedVector.Listed(
            "list-other-authority", "By a key that another root certified.", LicenseOutcome.Valid,
            TestStatusLists.With(1).CertifiedBy(TestCodes.OtherRootSeed));
        yield return NamedVector.Listed(
            "list-without-usage", "By a key that may sign codes only.", LicenseOutcome.Valid,
            TestStatusLists.With(1).WithUsages(KeyUsages.LicenseCodes));
        yield return NamedVector.Listed(
            "list-revoked-key", "By a key below the min-serial that the code's certificate brings: a good list until the code was read.", LicenseOutcome.StatusListTooOld, TestStatusLists.With(0),
            TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1), requireStatus: true);
        yield return NamedVector.Listed(
            "list-brings-the-news", "The list's certificate revokes the key of the code.", LicenseOutcome.UntrustedKey,
            TestStatusLists.With(0).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1));
        yield return NamedVector.Listed(
            "list-after-certificate", "The list's exp is one second after not-after.", LicenseOutcome.Valid,
            TestStatusLists.With(1).WithWindow(TestCodes.CertificateNotBefore, end - 1));
        yield return NamedVector.Listed(
            "list-too-small", "One byte less than a list has.", LicenseOutcome.Valid,
            TestStatusLists.Fresh(lst: TestStatusLists.Zlib(TestStatusLists.Entries(1)[..^1])));
        yield return NamedVector.Listed(
            "list-too-large", "A megabyte: a verifier stops in time.", LicenseOutcome.Valid,
            TestStatusLists.Fresh(lst: TestStatusLists.Zlib(new byte[1 << 20])));
        yield return NamedVector.Listed(
            "list-trailing", "A byte behind the compressed entries.", LicenseOutcome.Valid,
            TestStatusLists.Fresh(lst: [.. TestStatusLists.Zlib(TestStatusLists.Entries(1)), 0]));
        yield return NamedVector.Listed(
            "list-clock-back", "One second more than 24 hours before the list was made, long after the code was.", LicenseOutcome.ClockRolledBack,
            TestStatusLists.With(0), now: made - Day - 1);
        yield return NamedVector.Listed(
            "list-min-serial", "By a key below the min-serial that the software remembers, and so is the code's.", LicenseOutcome.UntrustedKey,
            TestStatusLists.With(0), minimumSerial: TestCodes.CertificateSerial + 1);
        yield return NamedVector.Listed(
            "list-by-another-key", "By another issuing key than the code's, of the same root.", LicenseOutcome.Suspended,
            TestStatusLists.With(2).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1));
        yield return NamedVector.Listed(
            "list-of-a-test-license", "What is refused before the clock does not depend on a list.", LicenseOutcome.TestLicense,
            TestStatusLists.With(1), TestCodes.Valid().With("test", "true"));
        yield return NamedVector.Listed(
            "list-last-index", "The last entry of the list.", LicenseOutcome.Revoked, TestStatusLists.WithEntryAt((1 << 20) - 1, 1),
            TestCodes.Valid().With("status", $$$"""{"status_list":{"idx":1048575,"uri":"{{{TestStatusLists.Uri}}}"}}"""));
        yield return NamedVector.Listed(
            "list-first-index", "The first entry is in the lowest bits of the first byte.", LicenseOutcome.Suspended, TestStatusLists.WithEntryAt(0, 2),
            TestCodes.Valid().With("status", $$$"""{"status_list":{"idx":0,"uri":"{{{TestStatusLists.Uri}}}"}}"""));
        yield return NamedVector.Listed(
            "list-neighbours", "The entries before and after the code's are 1: its own is 0.", LicenseOutcome.Valid,
            TestStatusLists.WithEntryAt((TestStatusLists.Index - 1, 1), (TestStatusLists.Index + 1, 1)), requireStatus: true);
    }
}
