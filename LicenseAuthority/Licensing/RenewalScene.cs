namespace LicenseAuthority.Licensing;

/// <summary>What the marketplace says a new expiry is for.</summary>
internal enum RenewalScene
{
    /// <summary>License V1 does not say: the date itself has to tell, see <see cref="LicenseLifecycle"/>.</summary>
    Unstated = 0,

    /// <summary>A renewal; never shortens.</summary>
    Renewal = 1,

    /// <summary>A renewal with another period; never shortens.</summary>
    RenewalChange = 2,

    /// <summary>The refund of a renewal; may shorten.</summary>
    UnsubscribeRenewalPeriod = 3,

    /// <summary>A trial becomes formal.</summary>
    TrialToFormal = 4,
}
