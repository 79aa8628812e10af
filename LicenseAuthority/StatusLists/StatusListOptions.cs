namespace LicenseAuthority.StatusLists;

/// <summary>The configuration section <c>StatusLists</c>.</summary>
internal sealed class StatusListOptions
{
    public const string SectionName = "StatusLists";

    /// <summary>
    /// Where the authority keeps its mark, with which it notices that its database is not there. None: <c>status-lists</c> in the keys directory; one of its own
    /// lets the keys be mounted read-only. A relative path starts at the content root.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>
    /// How long a published list may be relied on, its <c>exp</c>; it is signed again each day, or before half of a shorter life is over. 1 hour to 366 days.
    /// </summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long licensed software should keep a list before it asks again, its <c>ttl</c>. 1 minute to 366 days.</summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromHours(12);
}
