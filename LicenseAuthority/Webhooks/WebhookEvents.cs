using LicenseAuthority.Licensing;

namespace LicenseAuthority.Webhooks;

/// <summary>The events that a webhook can have; their names are those of the license's events.</summary>
internal static class WebhookEvents
{
    /// <summary>All of them.</summary>
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
    ];

    /// <summary>Finds the event of a name; false when there is none.</summary>
    public static bool TryParse(string word, out LicenseEventType type)
    {
        foreach (var candidate in All)
        {
            if (candidate.ToWord() == word)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>As they stand in the store.</summary>
    public static string ToText(IReadOnlyList<LicenseEventType> events) => string.Join(' ', events.Select(LicenseWords.ToWord));

    /// <summary>Reads them from the store. A name that only a newer version knows is left out.</summary>
    public static IReadOnlyList<LicenseEventType> FromText(string text) =>
        [.. text.Split(' ').Where(word => TryParse(word, out _)).Select(word => TryParse(word, out var type) ? type : default)];
}
