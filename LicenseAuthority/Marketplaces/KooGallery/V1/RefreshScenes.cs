namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>What the orders of V1 after the purchase are called: its <c>refreshLicense</c> has no scene.</summary>
internal static class RefreshScenes
{
    /// <summary>What they are stored and shown as: the call has to tell. Never changes.</summary>
    public const string Shown = "REFRESH";

    /// <summary>The scene in the key of such an order. Keys are stored as hashes: another word would let an old call through once more.</summary>
    public const string InKeys = "Unstated";
}
