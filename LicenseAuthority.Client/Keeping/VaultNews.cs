using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Keeping;

/// <summary>What came from somewhere and may be better than what is held: another process, a file, an authority. Texts are not verified yet. Immutable.</summary>
internal sealed class VaultNews
{
    public IReadOnlyList<string> Codes { get; init; } = [];

    public IReadOnlyList<string> Lists { get; init; } = [];

    public string? DeviceId { get; init; }

    public ClockMarks Clock { get; init; } = ClockMarks.None;

    public FetchMarks Fetch { get; init; } = FetchMarks.None;

    public CallMarks Calls { get; init; } = CallMarks.None;

    public IReadOnlyDictionary<string, string> Activations { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, GivenUpPlace> GivenUp { get; init; } = new Dictionary<string, GivenUpPlace>();

    /// <summary>The binding whose place the authority gave: whatever was given up before, its code counts. Null: none.</summary>
    public string? GotPlaceOf { get; init; }

    /// <summary>The license whose place the authority has just confirmed: it was not taken away, whatever was said before. Null: none.</summary>
    public string? NotFreed { get; init; }

    public IReadOnlyDictionary<string, DateTimeOffset> Freed { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>What stands in a license file.</summary>
    public static VaultNews Of(LicenseFile file) => new()
    {
        Codes = file.GetCode() is { } code ? [code] : [],
        Lists = file.GetStatusList() is { } list ? [list] : [],
    };

    /// <summary>What another process has stored.</summary>
    public static VaultNews Of(StoreDocument document) => new()
    {
        Codes = document.Codes,
        Lists = document.Lists,
        DeviceId = document.DeviceId,
        Clock = document.Clock,
        Fetch = document.Fetch,
        Calls = document.Calls,
        Activations = document.Activations,
        GivenUp = document.GivenUp,
        Freed = document.Freed,
    };
}
