using System.Collections.Immutable;

namespace LicenseAuthority.Licensing;

/// <summary>What a license grants, by name (ordinal), copied from the product when the license is issued. Immutable; equal by content.</summary>
internal sealed class Entitlements : IEquatable<Entitlements>
{
    /// <summary>No entitlements.</summary>
    public static readonly Entitlements None = new(ImmutableSortedDictionary.Create<string, EntitlementValue>(StringComparer.Ordinal));

    private Entitlements(ImmutableSortedDictionary<string, EntitlementValue> values) => Values = values;

    /// <summary>The values in ordinal order of their names, so that the same entitlements are always written the same.</summary>
    public ImmutableSortedDictionary<string, EntitlementValue> Values { get; }

    /// <summary>Makes a set of entitlements; a name that comes twice throws <see cref="ArgumentException"/>.</summary>
    public static Entitlements Create(IEnumerable<KeyValuePair<string, EntitlementValue>> values)
    {
        var sorted = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, values);
        return sorted.IsEmpty ? None : new Entitlements(sorted);
    }

    /// <inheritdoc/>
    public bool Equals(Entitlements? other) => other is not null && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Entitlements);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Count;
}
