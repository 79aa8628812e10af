namespace LicenseAuthority.Mark;

/// <summary>The configuration section <c>StatusLists</c>.</summary>
internal sealed class StatusListOptions
{
    public const string SectionName = "StatusLists";

    /// <summary>
    /// Where the authority keeps its mark, with which it notices that its database is not there. None: <c>status-lists</c> in the keys directory; one of its own
    /// lets the keys be mounted read-only. A relative path starts at the content root.
    /// </summary>
    public string? Directory { get; set; }
}
