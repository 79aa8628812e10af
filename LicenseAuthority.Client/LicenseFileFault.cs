namespace LicenseAuthority.Client;

/// <summary>Why a text is not a license file.</summary>
internal enum LicenseFileFault
{
    /// <summary>There is no text, or only white space.</summary>
    Empty,

    /// <summary>Longer than a code and a list can be.</summary>
    TooLong,

    /// <summary>More than one block of a license code.</summary>
    RepeatedCode,

    /// <summary>More than one block of a status list.</summary>
    RepeatedStatusList,

    /// <summary>A block without an end, or an end without a begin.</summary>
    HalfArmor,
}
