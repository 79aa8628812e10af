namespace LicenseAuthority.Client.Keeping;

/// <summary>What there is where a host's code or license file is to come from.</summary>
internal enum SourceState
{
    /// <summary>There is nothing: what is dropped there later is seen.</summary>
    Missing,

    /// <summary>There is something that cannot be read: another user's file, or a folder.</summary>
    Unreadable,

    /// <summary>There is a text, and it is of no use here.</summary>
    Refused,

    /// <summary>There is a code or a list for this software; it counts unless something better is held.</summary>
    Usable,
}
