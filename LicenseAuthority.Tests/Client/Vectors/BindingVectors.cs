using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>License codes with a lease, and hosts that demand a device.</summary>
internal static class BindingVectors
{
    public static IEnumerable<NamedVector> All()
    {
        const long Day = 86400;
        var now = TestCodes.Now;
        yield return NamedVector.Code("lease-last-second", "One second before the lease's end.", LicenseOutcome.Valid, Leased(), now: now + Day - 1);
        yield return NamedVector.Code("lease-ended", "At the lease's end, to the second; the license goes on.", LicenseOutcome.Frozen, Leased(), now: now + Day);
        yield return NamedVector.Code(
            "lease-ended-long-ago", "A month after the lease's end, without grace by then; the license goes on.", LicenseOutcome.Frozen,
            Leased(), now: now + (31 * Day));
        yield return NamedVector.Code(
            "lease-term-ended", "At the license's own end and without grace.", LicenseOutcome.Expired, Leased().Without("grace"), now: TestCodes.ExpiresAt);
        yield return NamedVector.Code(
            "lease-perpetual", "A lease on a perpetual license, a century later.", LicenseOutcome.Frozen,
            Leased().Without("term").Without("grace"), now: now + (100 * 31557600L));
        yield return NamedVector.Code("lease-without-end", "A lease without exp.", LicenseOutcome.Malformed, Leased().Without("exp"));
        yield return NamedVector.Code("lease-term-before-end", "A term that ends before the lease.", LicenseOutcome.Malformed, Leased().With("term", now + Day - 1));
        yield return NamedVector.Code("lease-term-without-lease", "A term without a lease.", LicenseOutcome.Malformed, TestCodes.Valid().With("term", TestCodes.ExpiresAt));
        yield return NamedVector.DeviceRequired("device-required", "The host demands a bound code, and this one is not.", LicenseOutcome.NotActivated, TestCodes.Valid());
        yield return NamedVector.DeviceRequired("device-required-and-bound", "The host demands a bound code.", LicenseOutcome.Valid, TestCodes.Valid().BoundTo("board"));

        static TestCodes Leased() => TestCodes.Valid().With("exp", TestCodes.Now + Day).With("lease", "true").With("term", TestCodes.ExpiresAt);
    }
}
