namespace LicenseAuthority.Licensing.Activations;

/// <summary>The device that a code is bound to.</summary>
/// <param name="Ids">1 to 8 ids of its fingerprints for this license, the claim <c>dev</c>.</param>
/// <param name="Required">How many of them must match, the claim <c>devk</c>; all where it is their number.</param>
internal sealed record BoundDevice(IReadOnlyList<string> Ids, int Required)
{
    /// <summary>
    /// The end of its lease, whole seconds, at most the end of the license: the code's <c>exp</c>. Null = it has its place as long as the license lasts.
    /// </summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>The code does not serve before, whole seconds; null = from the start of the license.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>The code's <c>exp</c>, whole seconds, where it is not the end of the license, and there is no lease; null = it is.</summary>
    public DateTimeOffset? EndsAt { get; init; }
}
