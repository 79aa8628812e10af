using LicenseAuthority.Licensing;

namespace LicenseAuthority.Webhooks;

/// <summary>The events that a webhook can have; their names are those of the license's events.</summary>
internal static class WebhookEvents
{
    public static readonly IReadOnlyList<LicenseEventType> All =
    [
        LicenseEventType.Issued,
        LicenseEventType.Renewed,
        LicenseEventType.Frozen,
        LicenseEventType.Unfrozen,
        LicenseEventType.Released,
        LicenseEventType.Revoked,
        LicenseEventType.Unserved,
        LicenseEventType.Conflict,
        LicenseEventType.Reissued,
        LicenseEventType.Restored,
        LicenseEventType.Activated,
        LicenseEventType.Deactivated,
    ];

    /// <summary>Their names, for callers and in the store.</summary>
    public static readonly Words<LicenseEventType> Words = new([.. All.Select(static type => (type, type.ToWord()))]);

    /// <summary>As they stand in the store.</summary>
    public static string ToText(IReadOnlyList<LicenseEventType> events) => string.Join(' ', events.Select(Words.WordOf));
}
