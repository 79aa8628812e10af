namespace LicenseAuthority.Client.Format;

/// <summary>Every way in which a license code can fail before its claims count.</summary>
internal enum CodeFaultReason
{
    /// <summary>There is no text, or only white space.</summary>
    Empty,

    /// <summary>Nothing was ever entered, or nothing that could be kept.</summary>
    NothingInstalled,

    /// <summary>A code of a device's place that was given up there.</summary>
    PlaceGivenUp,

    /// <summary>A file that is not in the form of a license file.</summary>
    NotALicenseFile,

    /// <summary>Longer than a code may be.</summary>
    TooLong,

    /// <summary>Not three parts with a dot between them.</summary>
    NotThreeParts,

    /// <summary>A character that no code has: neither base64url nor a dot nor ASCII white space.</summary>
    ForeignCharacter,

    /// <summary>A part has only the right characters, but is not base64url in its one spelling: cut off, or its last character is another.</summary>
    InvalidBase64Url,

    /// <summary>The signature does not have 64 bytes.</summary>
    SignatureSize,

    /// <summary>Not JSON.</summary>
    InvalidJson,

    /// <summary>A name occurs twice in one object.</summary>
    RepeatedMember,

    /// <summary>A number with a fraction, exponent, leading zero, −0, or beyond 64 bits.</summary>
    InvalidNumber,

    /// <summary>Not UTF-8, or half a character.</summary>
    InvalidUnicode,

    /// <summary>Nested deeper than allowed.</summary>
    TooDeep,

    /// <summary>More values than any code has room for.</summary>
    TooManyValues,

    /// <summary>Something follows the JSON value.</summary>
    TrailingBytes,

    /// <summary>The JSON value is not an object.</summary>
    NotAnObject,

    /// <summary>A required member is absent.</summary>
    MissingMember,

    /// <summary>A member's value has the wrong type, or one that is not allowed.</summary>
    InvalidMember,

    /// <summary>The header demands an extension (<c>crit</c>).</summary>
    CriticalExtension,

    /// <summary>The key certificate is none.</summary>
    InvalidCertificate,

    /// <summary>No embedded root key signed the key certificate.</summary>
    UnknownRoot,

    /// <summary>The certificate's serial is below the minimum.</summary>
    RevokedKey,

    /// <summary>The header's <c>kid</c> is not that of the certified key.</summary>
    KeyIdMismatch,

    /// <summary>The certificate does not permit to sign codes.</summary>
    WrongUsage,

    /// <summary>The code was issued outside the certificate's window.</summary>
    OutsideWindow,

    /// <summary>The list would be valid for longer than the certificate of the key that signed it.</summary>
    EndsAfterCertificate,

    /// <summary>The code's own signature does not fit.</summary>
    SignatureMismatch,
}
