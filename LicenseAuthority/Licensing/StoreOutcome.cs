namespace LicenseAuthority.Licensing;

/// <summary>What became of a <see cref="LicenseChange"/>.</summary>
internal enum StoreOutcome
{
    /// <summary>Stored, durably.</summary>
    Stored = 0,

    /// <summary>Somebody else was first; nothing was stored.</summary>
    Overtaken = 1,
}
