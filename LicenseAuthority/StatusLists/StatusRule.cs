using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Which entry each code of a license has: the one place of that rule (docs/license-code-format.md, "Status lists"), but for what was invalid before, which
/// <see cref="StatusEntries"/> keeps. Judged from what is recorded, never from the clock: what the clock alone decides the code's own <c>exp</c> says already.
/// </summary>
internal static class StatusRule
{
    /// <summary>The entries of the codes, in their order. The first line that matches.</summary>
    public static StatusEntry[] Of(LicenseEntries license)
    {
        var (facts, codes) = license;
        var entries = new StatusEntry[codes.Count];

        // From the newest to the oldest, to know the earliest time of all later ones.
        var earliest = DateTimeOffset.MaxValue;
        for (var i = codes.Count - 1; i >= 0; i--)
        {
            var code = codes[i];
            entries[i] = code switch
            {
                { IsOver: true } => StatusEntry.Invalid,
                _ when code.IssuedAt > earliest => StatusEntry.Invalid,
                _ when facts.RecordedState is LicenseState.Released or LicenseState.Revoked => StatusEntry.Invalid,
                { Text: { } text } when CodeGrant.Read(text) is { } grant && GrantsMore(grant, facts) => StatusEntry.Invalid,
                _ when facts.RecordedState == LicenseState.Frozen => StatusEntry.Suspended,
                _ => StatusEntry.Valid,
            };
            earliest = code.IssuedAt < earliest ? code.IssuedAt : earliest;
        }

        return entries;
    }

    /// <summary>
    /// Whether a code grants something that the license does not: by the license's facts and not by its next code, since a device may never ask for that.
    /// </summary>
    internal static bool GrantsMore(CodeGrant code, License license) =>
        (license.EndsAt is { } ends && (code.EndsAt is not { } codeEnds || codeEnds > ends))
        || code.Quantity > license.Quantity
        || code.Entitlements.Values.Any(granted => GrantsMore(granted.Value, license.Entitlements.Values.GetValueOrDefault(granted.Key)));

    // A text is more when it is another one: whether an edition is larger than another, nobody here knows. A flag that is not set grants nothing.
    private static bool GrantsMore(EntitlementValue code, EntitlementValue? license) => (code, license) switch
    {
        (EntitlementValue.Flag { Value: false }, _) => false,
        (EntitlementValue.Flag, EntitlementValue.Flag { Value: true }) => false,
        (EntitlementValue.Number granted, EntitlementValue.Number has) => granted.Value > has.Value,
        (EntitlementValue.Text granted, EntitlementValue.Text has) => granted.Value != has.Value,
        (EntitlementValue.List granted, EntitlementValue.List has) => granted.Values.Except(has.Values, StringComparer.Ordinal).Any(),
        (EntitlementValue.List { Values.IsEmpty: true }, null) => false,
        _ => true,
    };
}
