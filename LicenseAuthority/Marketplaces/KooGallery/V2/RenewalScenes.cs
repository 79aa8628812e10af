using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>What the renewals of V2 say that they are for (protocol section 5g).</summary>
internal static class RenewalScenes
{
    /// <summary>What a scene asks; null = no scene that is served. The word itself is in the key of a renewal: it never changes.</summary>
    public static TermPurpose? PurposeOf(string scene) => scene switch
    {
        "RENEWAL" => TermPurpose.Renewal,
        "RENEWAL_CHANGE" => TermPurpose.Change,
        "UNSUBSCRIBE_RENEWAL_PERIOD" => TermPurpose.Refund,
        "TRIAL_TO_FORMAL" => TermPurpose.TrialToFormal,
        _ => null,
    };
}
