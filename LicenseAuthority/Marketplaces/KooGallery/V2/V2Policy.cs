using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces.KooGallery.V1;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>How the marketplace means the calls of License V2.</summary>
internal static class V2Policy
{
    /// <summary>The rules, with their reasons in docs/license-lifecycle.md: the marketplace is the same one; only its renewals say what they are for.</summary>
    public static readonly CallPolicy Calls = V1Policy.Calls;

    /// <summary>What a scene asks (protocol section 5g); null = no scene that is served. The word itself is in the key of a renewal: it never changes.</summary>
    public static TermPurpose? PurposeOf(string scene) => scene switch
    {
        "RENEWAL" => TermPurpose.Renewal,
        "RENEWAL_CHANGE" => TermPurpose.Change,
        "UNSUBSCRIBE_RENEWAL_PERIOD" => TermPurpose.Refund,
        "TRIAL_TO_FORMAL" => TermPurpose.TrialToFormal,
        _ => null,
    };
}
