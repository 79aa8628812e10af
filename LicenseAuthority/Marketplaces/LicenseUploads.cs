namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Uploads of license codes that wait in the outbox. The destination of one is the seller's account; a call that came of one names its message
/// (<see cref="EndedCall.MessageId"/>), by which it is sent again.
/// </summary>
internal static class LicenseUploads
{
    /// <summary>What kind of destination they go to.</summary>
    public const string DestinationKind = "license-upload";
}
