using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// What a guard keeps, as it lies in the store: a license file with the best code and its list, and a third block with the marks and the other licenses. Its
/// last line is a checksum over all before it: against torn and edited files, not against the owner of the machine. Nothing of it is believed before its signature
/// was checked; marks are not signed. Immutable.
/// </summary>
internal sealed class StoreDocument
{
    /// <summary>Longest file in bytes that is looked at: eight licenses, each with a list as long as can be.</summary>
    public const int MaximumLength = 8 * 1024 * 1024;

    private const string MarksBegin = "-----BEGIN LICENSE MARKS-----\n";
    private const string MarksEnd = "-----END LICENSE MARKS-----\n";
    private const string SumName = "sum ";

    // Those that are read; none has a space in it.
    private static readonly string[] Names =
    [
        "product", "device", "min-serial", "signed", "signed-serial", "seen", "doubted", "last-reading", "tried", "fetched", "failing", "problem", "failures",
        "not-before", "outdated", "activation", "given-up", "freed", "code", "list", "attempt", "stated",
    ];

    // What is lost with it is news that comes again.
    private const int MostEntries = 32;
    private const int LongestDeviceId = 64;

    /// <summary>The product that it is of.</summary>
    public string ProductId { get; init; } = "";

    /// <summary>The codes, the best one first.</summary>
    public IReadOnlyList<string> Codes { get; init; } = [];

    /// <summary>The status lists, that of the best code first.</summary>
    public IReadOnlyList<string> Lists { get; init; } = [];

    /// <summary>The id of a device that has none of its own, see <see cref="StoredDeviceId"/>; null: none was needed yet.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The highest minimum serial of keys that was seen.</summary>
    public uint MinimumSerial { get; init; }

    public ClockMarks Clock { get; init; } = ClockMarks.None;

    public FetchMarks Fetch { get; init; } = FetchMarks.None;

    public CallMarks Calls { get; init; } = CallMarks.None;

    /// <summary>The activations' ids, by <see cref="HeldCode.Binding"/>.</summary>
    public IReadOnlyDictionary<string, string> Activations { get; init; } = new Dictionary<string, string>();

    /// <summary>The bindings, see <see cref="HeldCode.Binding"/>, whose place was given up here, or got again since.</summary>
    public IReadOnlyDictionary<string, GivenUpPlace> GivenUp { get; init; } = new Dictionary<string, GivenUpPlace>();

    /// <summary>The codes, by <see cref="NameOf"/>, whose place the authority says was taken away, and since when.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Freed { get; init; } = new Dictionary<string, DateTimeOffset>();

    /// <summary>A short name for a code that tells nothing of it.</summary>
    public static string NameOf(string code)
    {
        using var sha256 = SHA256.Create();
        return StrictBase64Url.Encode(sha256.ComputeHash(Encoding.UTF8.GetBytes(code)), 12);
    }

    /// <summary>Whether the bytes are a whole document as it was written.</summary>
    public static bool IsWhole(byte[]? bytes) => TryReadText(bytes, out var text) && TryFindMarks(bytes!, text, out _, out _);

    /// <summary>
    /// Reads a document; null where the bytes are not one as it was written. Then they may still be a license file, whose signed parts count:
    /// <paramref name="foreign"/>.
    /// </summary>
    public static StoreDocument? Read(byte[]? bytes, out LicenseFile? foreign)
    {
        foreign = null;
        if (!TryReadText(bytes, out var text))
        {
            return null;
        }

        if (!TryFindMarks(bytes!, text, out var begin, out var end))
        {
            foreign = LicenseFile.Parse(text);
            return null;
        }

        return ReadMarks(text, begin + MarksBegin.Length, end, LicenseFile.Parse(text.Substring(0, begin)));
    }

    /// <summary>The same with a device's id, and with the code and the list of a file that somebody has put in its place.</summary>
    public StoreDocument WithDevice(string productId, string deviceId, LicenseFile? foreign) => new()
    {
        ProductId = productId,
        Codes = foreign?.GetCode() is { } code ? [code, .. Codes.Where(text => text != code)] : Codes,
        Lists = foreign?.GetStatusList() is { } list ? [list, .. Lists.Where(text => text != list)] : Lists,
        DeviceId = deviceId,
        MinimumSerial = MinimumSerial,
        Clock = Clock,
        Fetch = Fetch,
        Calls = Calls,
        Activations = Activations,
        GivenUp = GivenUp,
        Freed = Freed,
    };

    /// <summary>The bytes of a file.</summary>
    public byte[] Write()
    {
        var text = new StringBuilder();
        WriteBlock(text, LicenseFile.CodeLabel, Codes);
        WriteBlock(text, LicenseFile.StatusListLabel, Lists);
        text.Append(MarksBegin);
        Line(text, "version", "1");
        Line(text, "product", StrictBase64Url.Encode(Encoding.UTF8.GetBytes(ProductId)));
        Line(text, "device", DeviceId);
        Line(text, "min-serial", MinimumSerial.ToString(CultureInfo.InvariantCulture));
        Line(text, "signed", Seconds(Clock.Signed));
        Line(text, "signed-serial", Clock.SignedSerial.ToString(CultureInfo.InvariantCulture));
        Line(text, "seen", Seconds(Clock.Seen));
        Line(text, "doubted", Seconds(Clock.Doubted));
        Line(text, "last-reading", Seconds(Clock.LastReading));
        Line(text, "tried", Seconds(Fetch.TriedAt));
        Line(text, "fetched", Seconds(Fetch.FetchedAt));
        Line(text, "failing", Seconds(Fetch.FailingSince));
        Line(text, "problem", Fetch.Problem);
        Line(text, "failures", Fetch.Failures.ToString(CultureInfo.InvariantCulture));
        Line(text, "not-before", Seconds(Fetch.NotBefore));
        Line(text, "outdated", Seconds(Fetch.OutdatedSince));
        Line(text, "attempt", Calls.AttemptedAt is null ? null : $"{Seconds(Calls.AttemptedAt)} {Calls.Attempt} {Calls.Result}");
        Line(text, "stated", Calls.StatedAt is null ? null : $"{Seconds(Calls.StatedAt)} {Calls.State} {Calls.StatedOf}");
        foreach (var activation in Activations)
        {
            Line(text, "activation", activation.Key + " " + activation.Value);
        }

        foreach (var given in GivenUp)
        {
            Line(text, "given-up", given.Key + " " + Seconds(given.Value.IssuedAt) + " " + given.Value.Turn.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var freed in Freed)
        {
            Line(text, "freed", freed.Key + " " + Seconds(freed.Value));
        }

        foreach (var code in Codes.Skip(1))
        {
            Line(text, "code", code);
        }

        foreach (var list in Lists.Skip(1))
        {
            Line(text, "list", list);
        }

        var summed = Encoding.ASCII.GetBytes(text.ToString());
        Line(text, "sum", SumOf(summed, summed.Length));
        return Encoding.ASCII.GetBytes(text.Append(MarksEnd).ToString());
    }

    private static void WriteBlock(StringBuilder text, string label, IReadOnlyList<string> items)
    {
        if (items.Count > 0)
        {
            text.Append("-----BEGIN ").Append(label).Append("-----\n").Append(items[0]).Append("\n-----END ").Append(label).Append("-----\n");
        }
    }

    private static void Line(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append(name).Append(' ').Append(value).Append('\n');
        }
    }

    private static bool TryReadText(byte[]? bytes, out string text)
    {
        text = "";
        if (bytes is null || bytes.Length == 0 || bytes.Length > MaximumLength)
        {
            return false;
        }

        text = Utf8Text.Decode(bytes);
        return true;
    }

    // Where the marks' block begins, and where the lines in it end, if the checksum behind them is the one of all that stands before it.
    private static bool TryFindMarks(byte[] bytes, string text, out int begin, out int end)
    {
        begin = text.LastIndexOf(MarksBegin, StringComparison.Ordinal);
        end = text.LastIndexOf("\n" + SumName, StringComparison.Ordinal) + 1;
        if (begin < 0 || end <= begin || !text.EndsWith("\n" + MarksEnd, StringComparison.Ordinal))
        {
            return false;
        }

        // What follows is ASCII, or not as it was written.
        var summed = bytes.Length - (text.Length - end);
        var sum = SumOf(bytes, summed);
        return text.Length - end == SumName.Length + sum.Length + 1 + MarksEnd.Length
            && string.CompareOrdinal(text, end + SumName.Length, sum, 0, sum.Length) == 0;
    }

    private static string SumOf(byte[] bytes, int count)
    {
        using var sha256 = SHA256.Create();
        return StrictBase64Url.Encode(sha256.ComputeHash(bytes, 0, count));
    }

    private static StoreDocument ReadMarks(string text, int begin, int end, LicenseFile file)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        List<string> codes = file.GetCode() is { } code ? [code] : [];
        List<string> lists = file.GetStatusList() is { } list ? [list] : [];
        var activations = new Dictionary<string, string>(StringComparer.Ordinal);
        var givenUp = new Dictionary<string, GivenUpPlace>(StringComparer.Ordinal);
        var freed = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        for (int at = begin, next; at < end; at = next)
        {
            // The last line ends with a line feed, as the checksum's begins behind one.
            var lineEnd = text.IndexOf('\n', at, end - at);
            next = lineEnd + 1;
            if (FindName(text, at, lineEnd) is not { } name)
            {
                continue;
            }

            var value = text.Substring(at + name.Length + 1, lineEnd - at - name.Length - 1);
            var second = value.IndexOf(' ');
            switch (name)
            {
                case "code" when codes.Count < MostEntries:
                    codes.Add(value);
                    break;
                case "list" when lists.Count < MostEntries:
                    lists.Add(value);
                    break;
                case "given-up" when second > 0 && givenUp.Count < MostEntries && Place(value.Substring(second + 1)) is { } place:
                    givenUp[value.Substring(0, second)] = place;
                    break;
                case "activation" when second > 0 && activations.Count < MostEntries:
                    activations[value.Substring(0, second)] = value.Substring(second + 1);
                    break;
                case "freed" when second > 0 && freed.Count < MostEntries && Instant(value.Substring(second + 1)) is { } since:
                    freed[value.Substring(0, second)] = since;
                    break;
                default:
                    values[name] = value;
                    break;
            }
        }

        return new StoreDocument
        {
            ProductId = Product(Find(values, "product")),
            Codes = codes,
            Lists = lists,
            DeviceId = Find(values, "device") is { Length: > 0 and <= LongestDeviceId } id ? id : null,
            MinimumSerial = Serial(Find(values, "min-serial")),
            Clock = new ClockMarks
            {
                Signed = Instant(Find(values, "signed")),
                SignedSerial = Serial(Find(values, "signed-serial")),
                Seen = Instant(Find(values, "seen")),
                Doubted = Instant(Find(values, "doubted")),
                LastReading = Instant(Find(values, "last-reading")),
            },
            Fetch = new FetchMarks
            {
                TriedAt = Instant(Find(values, "tried")),
                FetchedAt = Instant(Find(values, "fetched")),
                FailingSince = Instant(Find(values, "failing")),
                Problem = Find(values, "problem"),
                Failures = (int)Math.Min(Serial(Find(values, "failures")), 1000),
                NotBefore = Instant(Find(values, "not-before")),
                OutdatedSince = Instant(Find(values, "outdated")),
            },
            Calls = ReadCalls(Find(values, "attempt"), Find(values, "stated")),
            Activations = activations,
            GivenUp = givenUp,
            Freed = freed,
        };
    }

    private static CallMarks ReadCalls(string? attempt, string? stated)
    {
        var (attempted, said) = (Words(attempt), Words(stated));
        return new CallMarks
        {
            AttemptedAt = attempted.At, Attempt = attempted.First, Result = attempted.Second, StatedAt = said.At, State = said.First, StatedOf = said.Second,
        };
    }

    // A time and two words; without a time there are none.
    private static (DateTimeOffset? At, string First, string Second) Words(string? text) =>
        text?.Split(' ') is { Length: 3 } words && Instant(words[0]) is { } instant && CallMarks.IsWord(words[1]) && CallMarks.IsWord(words[2])
            ? (instant, words[1], words[2])
            : (null, "", "");

    // What a later version has written beside it is not known here, and does no harm.
    private static string? FindName(string text, int at, int lineEnd)
    {
        foreach (var name in Names)
        {
            if (at + name.Length < lineEnd && text[at + name.Length] == ' ' && string.CompareOrdinal(text, at, name, 0, name.Length) == 0)
            {
                return name;
            }
        }

        return null;
    }

    private static string? Find(Dictionary<string, string> values, string name) => values.TryGetValue(name, out var value) ? value : null;

    private static string Product(string? text) => StrictBase64Url.TryDecode(text ?? "", out var bytes) ? Encoding.UTF8.GetString(bytes) : "";

    private static uint Serial(string? text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var serial) ? serial : 0;

    // A time, and the turn.
    private static GivenUpPlace? Place(string text)
    {
        var space = text.IndexOf(' ');
        return space > 0 && Instant(text.Substring(0, space)) is { } issuedAt && Serial(text.Substring(space + 1)) is var turn and > 0 and <= GivenUpPlace.MostTurns
            ? new GivenUpPlace(issuedAt, (int)turn)
            : null;
    }

    private static string? Seconds(DateTimeOffset? instant) => instant?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset? Instant(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && seconds is >= -62135596800 and <= KeyCertificate.LatestSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
