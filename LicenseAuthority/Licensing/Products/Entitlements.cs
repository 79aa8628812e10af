using System.Collections.Immutable;

namespace LicenseAuthority.Licensing.Products;

/// <summary>What a license grants, by name (ordinal), copied from the product when the license is issued. Immutable; equal by content.</summary>
internal sealed class Entitlements : IEquatable<Entitlements>
{
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

/// <summary>What a license grants under one name: a closed list of kinds, the same as in the <c>ent</c> claim of a code.</summary>
internal abstract record EntitlementValue
{
    private EntitlementValue()
    {
    }

    /// <summary>Granted or not.</summary>
    internal sealed record Flag(bool Value) : EntitlementValue;

    /// <summary>A whole number, such as a limit.</summary>
    internal sealed record Number(long Value) : EntitlementValue;

    /// <summary>A text, such as the name of an edition.</summary>
    internal sealed record Text(string Value) : EntitlementValue;

    /// <summary>A list of texts, such as modules.</summary>
    internal sealed record List(ImmutableArray<string> Values) : EntitlementValue
    {
        /// <summary>Equal when the texts are the same in the same order.</summary>
        public bool Equals(List? other) => other is not null && Values.SequenceEqual(other.Values, StringComparer.Ordinal);

        /// <inheritdoc/>
        public override int GetHashCode() => Values.Length;
    }
}
