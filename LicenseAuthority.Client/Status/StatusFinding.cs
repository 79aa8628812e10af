namespace LicenseAuthority.Client.Status;

/// <summary>
/// What a status list says of a code at an instant. A list that counts denies at any age and allows only while it is fresh; one that does not count says
/// nothing. Immutable.
/// </summary>
internal readonly struct StatusFinding
{
    private StatusFinding(StatusStanding standing, LicenseStatusList? list, LicenseStatus? status, DateTimeOffset? unknownSince)
    {
        Standing = standing;
        List = list;
        Status = status;
        UnknownSince = unknownSince;
    }

    /// <summary>Whether a list counts.</summary>
    public StatusStanding Standing { get; }

    /// <summary>The list that counts, or null.</summary>
    public LicenseStatusList? List { get; }

    /// <summary>What it says, however old it is; null when none counts.</summary>
    public LicenseStatus? Status { get; }

    /// <summary>
    /// Since when nobody knows whether the code is denied: since the list went stale, or since the code was made where none counts. Null: it is known.
    /// </summary>
    public DateTimeOffset? UnknownSince { get; }

    /// <summary>What the list says; <paramref name="maxAge"/> is null or above zero.</summary>
    public static StatusFinding Of(LicenseCode license, LicenseStatusList? list, StatusStanding standing, TimeSpan? maxAge, DateTimeOffset now)
    {
        if (standing != StatusStanding.Counts)
        {
            return new StatusFinding(standing, null, null, license.IssuedAt);
        }

        var status = list!.GetStatus(license.StatusListIndex!.Value);
        var freshUntil = FreshUntil(list, maxAge);
        return new StatusFinding(standing, list, status, status == LicenseStatus.Valid && now >= freshUntil ? freshUntil : null);
    }

    // The first instant at which the list allows nothing any more.
    private static DateTimeOffset FreshUntil(LicenseStatusList list, TimeSpan? maxAge) =>
        maxAge is { } age && age < list.ExpiresAt - list.IssuedAt ? list.IssuedAt + age : list.ExpiresAt;
}
