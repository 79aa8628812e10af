namespace LicenseAuthority.Storage;

/// <summary>The storage class that a <see cref="SqliteValue"/> is bound as.</summary>
internal enum SqliteValueKind
{
    /// <summary>NULL.</summary>
    Null,

    /// <summary>INTEGER; also booleans, as 1 or 0.</summary>
    Integer,

    /// <summary>TEXT, in UTF-8.</summary>
    Text,

    /// <summary>BLOB.</summary>
    Blob,
}
