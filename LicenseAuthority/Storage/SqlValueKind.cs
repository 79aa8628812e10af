namespace LicenseAuthority.Storage;

/// <summary>The type that a <see cref="SqlValue"/> is bound as.</summary>
internal enum SqlValueKind
{
    /// <summary>NULL of whatever type the statement makes of it.</summary>
    Untyped,

    Integer,

    /// <summary>A boolean; SQLite has none and gets 1 or 0.</summary>
    Boolean,

    /// <summary>Text, in UTF-8.</summary>
    Text,

    Blob,
}
