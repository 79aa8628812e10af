using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Keeping;

/// <summary>All that a guard has at an instant, verified and ranked. Immutable: who reads it needs no lock.</summary>
internal sealed class VaultState(TrustedClock clock)
{
    /// <summary>The codes, the best one first.</summary>
    public HeldCode[] Codes { get; init; } = [];

    /// <summary>Of each URI that a code names the newest list; that of the best code first.</summary>
    public HeldList[] Lists { get; init; } = [];

    /// <summary>See <see cref="StoreDocument.DeviceId"/>: kept here so that it is not lost with what is written, and named in a support report.</summary>
    public string? DeviceId { get; init; }

    public TrustedClock Clock { get; } = clock;

    public FetchMarks Fetch { get; init; } = FetchMarks.None;

    public CallMarks Calls { get; init; } = CallMarks.None;

    /// <summary>The activations' ids, by <see cref="HeldCode.Binding"/>.</summary>
    public IReadOnlyDictionary<string, string> Activations { get; init; } = new Dictionary<string, string>();

    /// <summary>The bindings, see <see cref="HeldCode.Binding"/>, whose place was given up here, or got again since.</summary>
    public IReadOnlyDictionary<string, GivenUpPlace> GivenUp { get; init; } = new Dictionary<string, GivenUpPlace>();

    /// <summary>The names of codes whose place was taken away, and since when.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Freed { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>The same with another clock, or other marks of fetching.</summary>
    public VaultState With(TrustedClock clock, FetchMarks fetch) => new(clock)
    {
        Codes = Codes, Lists = Lists, DeviceId = DeviceId, Fetch = fetch, Calls = Calls, Activations = Activations, GivenUp = GivenUp, Freed = Freed,
    };

    /// <summary>As it is stored.</summary>
    public StoreDocument ToDocument(string productId, uint minimumSerial) => new()
    {
        ProductId = productId,
        Codes = [.. Codes.Select(static held => held.Code.GetText())],
        Lists = [.. Lists.Select(static held => held.Text)],
        DeviceId = DeviceId,
        MinimumSerial = minimumSerial,
        Clock = Clock.Marks,
        Fetch = Fetch,
        Calls = Calls,
        Activations = Activations,
        GivenUp = GivenUp,
        Freed = Freed,
    };
}
