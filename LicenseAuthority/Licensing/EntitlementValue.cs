using System.Collections.Immutable;

namespace LicenseAuthority.Licensing;

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
