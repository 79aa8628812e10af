using System.Collections.Frozen;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Marketplaces.Watch;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// What the marketplace does when a call fails, by its activity (protocol sections 3b, 4, 5f and 10), and what it puts up with. The one place that says so.
/// </summary>
internal static class MarketplaceHabits
{
    private static readonly TimeSpan TwoHours = TimeSpan.FromHours(2);

    // The marketplace's days and months are Beijing's.
    private static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    private static readonly FrozenDictionary<string, CallHabit> ByActivity = new CallHabit[]
    {
        new("getLicense") { PlacesOrder = true, Repeats = TimeSpan.FromHours(3) },
        new("refreshLicense"),
        new("expireLicense"),
        new("releaseLicense"),

        // Then the customer is paid back.
        new("newInstance") { PlacesOrder = true, Repeats = TwoHours, CanBeRestarted = false },
        new("refreshInstance") { Repeats = TwoHours },
        new("updateInstanceStatus") { Repeats = TwoHours },

        // For how long is not published of these two (uncertain).
        new("releaseInstance") { Repeats = TwoHours },
        new("getLicenseAsync") { Repeats = TwoHours, MayEndInProgress = true },

        // 60 times, every two minutes.
        new("refreshLicenseCode") { Repeats = TwoHours },
        new("updateLicenseCodeStatus") { Repeats = TwoHours },
        new("releaseLicenseCode") { Repeats = TwoHours },
    }.ToFrozenDictionary(static habit => habit.Activity, StringComparer.Ordinal);

    /// <summary>What the marketplace puts up with.</summary>
    public static readonly WatchPolicy Policy = new()
    {
        MostFailed = 5,
        LatestAnswer = TimeSpan.FromSeconds(5),
        SlowAnswer = TimeSpan.FromSeconds(3),
        Offset = Offset,
        PendingResultCode = ResultCode.InProgress,
    };

    /// <summary>How the marketplace hears of the use of its licenses (protocol section 4e).</summary>
    public static readonly UsagePolicy Usage = new() { Offset = Offset, MostLicenses = 100, MostEntries = 100 };

    /// <summary>How the marketplace makes such a call; null = nothing is known of it, or nothing depends on it.</summary>
    public static CallHabit? Find(string activity) => ByActivity.GetValueOrDefault(activity);

    /// <summary>Translates an answer.</summary>
    public static CallEnding EndingOf(string resultCode) => resultCode switch
    {
        ResultCode.Success => CallEnding.Done,
        ResultCode.InProgress => CallEnding.InProgress,
        ResultCode.QuotaUsedUp or ResultCode.OutsideTerm or ResultCode.EndMissing or ResultCode.FingerprintMissing => CallEnding.Declined,
        _ => CallEnding.Failed,
    };
}
