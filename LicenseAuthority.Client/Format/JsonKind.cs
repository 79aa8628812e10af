namespace LicenseAuthority.Client.Format;

/// <summary>What a <see cref="JsonValue"/> is. There are no other numbers than integers.</summary>
internal enum JsonKind
{
    /// <summary>The literal null.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A whole number in the range of 64 bits.</summary>
    Integer,

    /// <summary>A text of whole Unicode characters.</summary>
    Text,

    /// <summary>An array.</summary>
    Array,

    /// <summary>An object with distinct names.</summary>
    Object,
}
