namespace LicenseAuthority.Client.Fingerprints;

/// <summary>
/// What an operating system says of the machine, as it says it. None of the members throws: null or nothing means that it is not there, or not for this user. Those of
/// another system than <see cref="Kind"/> are never called.
/// </summary>
internal interface IHostSystem
{
    HostSystemKind Kind { get; }

    /// <summary>A variable of the environment.</summary>
    string? GetVariable(string name);

    /// <summary>Linux: the text of a file.</summary>
    string? ReadText(string path);

    /// <summary>Linux: the names in a folder, in ordinal order.</summary>
    IReadOnlyList<string> GetNames(string directory);

    /// <summary>Windows: a text or a number below HKEY_LOCAL_MACHINE, as 64-bit programs see it.</summary>
    string? ReadRegistry(string key, string name);

    /// <summary>Windows: the raw table <c>RSMB</c> of GetSystemFirmwareTable.</summary>
    byte[]? ReadFirmwareTable();

    /// <summary>Windows: the STORAGE_DEVICE_DESCRIPTOR of the disk that the system is on.</summary>
    byte[]? ReadSystemDiskDescriptor();

    /// <summary>macOS: a text of IOPlatformExpertDevice in the I/O Registry.</summary>
    string? ReadPlatformProperty(string name);
}

/// <summary>Which system it is.</summary>
internal enum HostSystemKind
{
    /// <summary>A phone, a browser, or something that nobody knows: it has no identity that may be read.</summary>
    Other,

    Windows,

    Linux,

    MacOS,
}
