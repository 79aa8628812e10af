using System.Globalization;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A file of <c>testvectors/</c>: header lines of the form <c>word: value</c>, a blank line, then the raw text of a code. Words, each
/// once unless said otherwise: <c>expect</c> (a <see cref="LicenseOutcome"/>), <c>now</c> (UTC), <c>product</c>, <c>root</c> (1–4 times),
/// <c>fingerprint</c> (any number), <c>comment</c> (any number). At most once: <c>status-list</c> (a token), <c>expect-list</c> (what checking that one alone must
/// give; default Valid), <c>require-status</c>, <c>require-device</c> (true), <c>max-status-age</c> (seconds), <c>form</c> (<c>lic</c>: the text
/// is a license file, which may bring the list). Any other word is an error.
/// </summary>
internal sealed record TestVector(
    LicenseOutcome Expect, DateTimeOffset Now, string Product, IReadOnlyList<string> Roots, IReadOnlyList<string> Fingerprints, string Text)
{
    public string? StatusList { get; init; }

    public LicenseOutcome ExpectList { get; init; } = LicenseOutcome.Valid;

    public bool RequireStatus { get; init; }

    public bool RequireDevice { get; init; }

    public TimeSpan? MaxStatusAge { get; init; }

    public bool IsFile { get; init; }

    /// <summary>The code to check: the text, or what the license file has.</summary>
    public string? Code => IsFile ? LicenseFile.Parse(Text).GetCode() : Text;

    /// <summary>The list to check it by.</summary>
    public string? List => IsFile ? LicenseFile.Parse(Text).GetStatusList() : StatusList;

    public LicenseVerifierOptions Options => new()
    {
        TimeProvider = new StoppedClock(Now), RequireStatus = RequireStatus, RequireDevice = RequireDevice, MaxStatusAge = MaxStatusAge,
    };

    private const string NowFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static TestVector Parse(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
        {
            throw new FormatException("There is no blank line between header and code.");
        }

        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal)
        {
            ["expect"] = [], ["now"] = [], ["product"] = [], ["root"] = [], ["fingerprint"] = [], ["comment"] = [],
            ["status-list"] = [], ["expect-list"] = [], ["require-status"] = [], ["require-device"] = [], ["max-status-age"] = [], ["form"] = [],
        };
        foreach (var line in text[..end].Split('\n'))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0 || !values.TryGetValue(line[..colon], out var list))
            {
                throw new FormatException($"Unknown header line: {line}");
            }

            list.Add(line[(colon + 2)..]);
        }

        if (values["form"].SingleOrDefault() is not (null or "lic")
            || values["require-status"].Concat(values["require-device"]).Any(value => value != "true"))
        {
            throw new FormatException("Unknown value of a header line.");
        }

        return new TestVector(
            Outcome(values["expect"].Single()),
            DateTimeOffset.ParseExact(values["now"].Single(), NowFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            values["product"].Single(), values["root"], values["fingerprint"], text[(end + 2)..])
        {
            StatusList = values["status-list"].SingleOrDefault(),
            ExpectList = values["expect-list"].SingleOrDefault() is { } expected ? Outcome(expected) : LicenseOutcome.Valid,
            RequireStatus = values["require-status"].Count == 1,
            RequireDevice = values["require-device"].Count == 1,
            MaxStatusAge = values["max-status-age"].SingleOrDefault() is { } age ? TimeSpan.FromSeconds(long.Parse(age, CultureInfo.InvariantCulture)) : null,
            IsFile = values["form"].Count == 1,
        };
    }

    private static LicenseOutcome Outcome(string word) =>
        Enum.GetNames<LicenseOutcome>().Contains(word) ? Enum.Parse<LicenseOutcome>(word) : throw new FormatException($"Unknown outcome: {word}");

    public string ToText(string comment)
    {
        List<string> lines =
        [
            $"comment: {comment}", $"expect: {Expect}", $"now: {Now.ToString(NowFormat, CultureInfo.InvariantCulture)}", $"product: {Product}",
            .. Roots.Select(root => $"root: {root}"), .. Fingerprints.Select(fingerprint => $"fingerprint: {fingerprint}"),
        ];
        AddUnless(StatusList is null, $"status-list: {StatusList}");
        AddUnless(ExpectList == LicenseOutcome.Valid, $"expect-list: {ExpectList}");
        AddUnless(!RequireStatus, "require-status: true");
        AddUnless(!RequireDevice, "require-device: true");
        AddUnless(MaxStatusAge is null, string.Create(CultureInfo.InvariantCulture, $"max-status-age: {MaxStatusAge?.TotalSeconds}"));
        AddUnless(!IsFile, "form: lic");
        return $"{string.Join('\n', lines)}\n\n{Text}\n";

        void AddUnless(bool absent, string line)
        {
            if (!absent)
            {
                lines.Add(line);
            }
        }
    }
}
