using System.Collections.Frozen;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Webhooks;

/// <summary>The events that a webhook can have, by their words. Most are events of a license, and have its word; the rest is about no license.</summary>
internal static class WebhookEvents
{
    /// <summary>The marketplace called in vain, so often that it may delist a product.</summary>
    public const string CallFailed = "marketplace.call_failed";

    /// <summary>All of them, as they are stored and as callers name them. Words never change.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        LicenseEventType.Issued.ToWord(),
        LicenseEventType.Renewed.ToWord(),
        LicenseEventType.Changed.ToWord(),
        LicenseEventType.Frozen.ToWord(),
        LicenseEventType.Unfrozen.ToWord(),
        LicenseEventType.Released.ToWord(),
        LicenseEventType.Revoked.ToWord(),
        LicenseEventType.Unserved.ToWord(),
        LicenseEventType.Conflict.ToWord(),
        LicenseEventType.Reissued.ToWord(),
        LicenseEventType.Restored.ToWord(),
        LicenseEventType.Activated.ToWord(),
        LicenseEventType.Deactivated.ToWord(),
        CallFailed,
    ];

    private static readonly FrozenSet<string> Known = All.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a webhook can have it; ordinally.</summary>
    public static bool IsKnown(string word) => Known.Contains(word);

    /// <summary>As they stand in the store: words have no blanks.</summary>
    public static string ToText(IReadOnlyList<string> events) => string.Join(' ', events);
}
