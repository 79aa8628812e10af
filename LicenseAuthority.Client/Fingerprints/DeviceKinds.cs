namespace LicenseAuthority.Client.Fingerprints;

/// <summary>
/// Finds out of which kind a fingerprint is that a host has given, for people to read. A hash does not tell, so the system is asked again: what it says is hashed in the
/// same way, and compared. So it does not matter which of the machine's values the host gave, with what else, and in which order.
/// </summary>
internal static class DeviceKinds
{
    /// <summary>
    /// The kind of each fingerprint: one of <see cref="DeviceProperty"/>; of a text of the host's own, or a property that has changed since, its place such as
    /// <c>text 2</c>.
    /// </summary>
    /// <param name="productId">The product.</param>
    /// <param name="system">Who is asked.</param>
    /// <param name="randomIds">Ids made at random that this device may have.</param>
    /// <param name="fingerprints">What the host gave.</param>
    public static string[] Of(string productId, IHostSystem system, IEnumerable<string?> randomIds, string[] fingerprints)
    {
        var kinds = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in DeviceProperties.Of(system).Concat(randomIds.OfType<string>().Select(static id => new DeviceProperty(DeviceProperty.Random, id))))
        {
            kinds[property.Hash(productId)] = property.Kind;
        }

        return [.. fingerprints.Select((text, place) => kinds.TryGetValue(text, out var kind) ? kind : FormattableString.Invariant($"text {place + 1}"))];
    }
}
