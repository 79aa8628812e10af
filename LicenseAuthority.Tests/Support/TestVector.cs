using System.Globalization;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A file of <c>testvectors/</c>: header lines of the form <c>word: value</c>, a blank line, then the raw text that is judged. The words stand in
/// docs/license-code-format.md, "Test vectors"; any other one is an error.
/// </summary>
internal sealed record TestVector(
    LicenseOutcome Expect, DateTimeOffset Now, string Product, IReadOnlyList<string> Roots, IReadOnlyList<string> Fingerprints, string Text)
{
    private const string NowFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Every word there is.</summary>
    public static readonly string[] Words =
    [
        "comment", "expect", "now", "product", "root", "fingerprint", "kind", "list", "require-status", "require-device", "max-status-age", "min-serial", "strict-json",
    ];

    /// <summary>What the text is; <see cref="LicenseOutcome"/> is that of checking it.</summary>
    public TestVectorKind Kind { get; init; }

    /// <summary>The list to judge a code by; null: none, or the one of the file.</summary>
    public string? GivenList { get; init; }

    public bool RequireStatus { get; init; }

    public bool RequireDevice { get; init; }

    public TimeSpan? MaxStatusAge { get; init; }

    public uint MinimumSerial { get; init; }

    /// <summary>Only a reader that is as strict with JSON as the specification sees it; an ordinary parser gives another outcome, or cannot tell.</summary>
    public bool IsStrictJson { get; init; }

    public LicenseVerifierOptions Options => new()
    {
        TimeProvider = new StoppedClock(Now), RequireStatus = RequireStatus, RequireDevice = RequireDevice, MaxStatusAge = MaxStatusAge, MinimumKeySerial = MinimumSerial,
    };

    public static TestVector Parse(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormatException("There is no blank line between header and text.");
        }

        var values = Words.ToDictionary(word => word, _ => new List<string>(), StringComparer.Ordinal);
        foreach (var line in text[..end].Split('\n'))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0 || !values.TryGetValue(line[..colon], out var list))
            {
                throw new FormatException($"Unknown header line: {line}");
            }

            list.Add(line[(colon + 2)..]);
        }

        return new TestVector(
            Outcome(values["expect"].Single()),
            DateTimeOffset.ParseExact(values["now"].Single(), NowFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            values["product"].Single(), values["root"], values["fingerprint"], text[(end + 2)..])
        {
            Kind = ReadKind(values["kind"].SingleOrDefault()),
            GivenList = values["list"].SingleOrDefault(),
            RequireStatus = Flag("require-status", "true"),
            RequireDevice = Flag("require-device", "true"),
            MaxStatusAge = values["max-status-age"].SingleOrDefault() is { } age ? TimeSpan.FromSeconds(long.Parse(age, CultureInfo.InvariantCulture)) : null,
            MinimumSerial = values["min-serial"].SingleOrDefault() is { } serial ? uint.Parse(serial, CultureInfo.InvariantCulture) : 0,
            IsStrictJson = Flag("strict-json", "yes"),
        };

        bool Flag(string word, string set) => values[word].SingleOrDefault() is { } value && (value == set ? true : throw new FormatException($"Unknown value: {word}: {value}"));
    }

    public string ToText(string comment)
    {
        List<string> lines =
        [
            $"comment: {comment}", $"expect: {Expect}", $"now: {Now.ToString(NowFormat, CultureInfo.InvariantCulture)}", $"product: {Product}",
            .. Roots.Select(root => $"root: {root}"), .. Fingerprints.Select(fingerprint => $"fingerprint: {fingerprint}"),
        ];
        AddIf(Kind != TestVectorKind.Code, $"kind: {KindWord(Kind)}");
        AddIf(GivenList is not null, $"list: {GivenList}");
        AddIf(RequireStatus, "require-status: true");
        AddIf(RequireDevice, "require-device: true");
        AddIf(MaxStatusAge is not null, string.Create(CultureInfo.InvariantCulture, $"max-status-age: {MaxStatusAge?.TotalSeconds}"));
        AddIf(MinimumSerial > 0, string.Create(CultureInfo.InvariantCulture, $"min-serial: {MinimumSerial}"));
        AddIf(IsStrictJson, "strict-json: yes");
        return $"{string.Join('\n', lines)}\n\n{Text}\n";

        void AddIf(bool present, string line)
        {
            if (present)
            {
                lines.Add(line);
            }
        }
    }

    private static string? KindWord(TestVectorKind kind) => kind switch
    {
        TestVectorKind.StatusList => "status-list",
        TestVectorKind.LicenseFile => "lic",
        _ => null,
    };

    private static TestVectorKind ReadKind(string? word) =>
        Enum.GetValues<TestVectorKind>().Where(kind => KindWord(kind) == word).Cast<TestVectorKind?>().SingleOrDefault()
        ?? throw new FormatException($"Unknown kind: {word}");

    private static LicenseOutcome Outcome(string word) =>
        Enum.GetNames<LicenseOutcome>().Contains(word) ? Enum.Parse<LicenseOutcome>(word) : throw new FormatException($"Unknown outcome: {word}");
}
