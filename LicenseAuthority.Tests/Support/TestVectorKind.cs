namespace LicenseAuthority.Tests.Support;

/// <summary>What the text of a <see cref="TestVector"/> is.</summary>
internal enum TestVectorKind
{
    /// <summary>A license code.</summary>
    Code,

    /// <summary>A status list by itself.</summary>
    StatusList,

    /// <summary>A license file, which may bring the list.</summary>
    LicenseFile,
}
