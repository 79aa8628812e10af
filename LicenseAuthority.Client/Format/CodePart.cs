namespace LicenseAuthority.Client.Format;

/// <summary>A part of a license code, for saying where something is wrong.</summary>
internal enum CodePart
{
    /// <summary>The text as a whole.</summary>
    Code,

    /// <summary>The first part.</summary>
    Header,

    /// <summary>The second part.</summary>
    Payload,

    /// <summary>The third part.</summary>
    Signature,
}
