namespace LicenseAuthority.Client.Fetching;

/// <summary>What a device says of itself when it asks for a place. Never logged. Immutable.</summary>
/// <param name="fingerprints">0 to 8 texts, trimmed, distinct.</param>
/// <param name="match">How many of them must be found later; null: all.</param>
/// <param name="name">What people call it; null: nothing is said.</param>
internal sealed class DeviceIdentity(string[] fingerprints, int? match, string? name)
{
    public string[] Fingerprints { get; } = fingerprints;

    public int? Match { get; } = match;

    public string? Name { get; } = name;
}
