using System.Globalization;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A file of <c>testvectors/</c>: header lines of the form <c>word: value</c>, a blank line, then the raw text of a code. Words, each
/// once unless said otherwise: <c>expect</c> (a <see cref="LicenseOutcome"/>), <c>now</c> (UTC), <c>product</c>, <c>root</c> (1–4 times),
/// <c>fingerprint</c> (any number), <c>comment</c> (any number). Any other word is an error.
/// </summary>
internal sealed record TestVector(
    LicenseOutcome Expect, DateTimeOffset Now, string Product, IReadOnlyList<string> Roots, IReadOnlyList<string> Fingerprints, string Code)
{
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

        var expect = values["expect"].Single();
        if (!Enum.GetNames<LicenseOutcome>().Contains(expect))
        {
            throw new FormatException($"Unknown outcome: {expect}");
        }

        return new TestVector(
            Enum.Parse<LicenseOutcome>(expect),
            DateTimeOffset.ParseExact(values["now"].Single(), NowFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            values["product"].Single(), values["root"], values["fingerprint"], text[(end + 2)..]);
    }

    public string ToText(string comment)
    {
        List<string> lines =
        [
            $"comment: {comment}", $"expect: {Expect}", $"now: {Now.ToString(NowFormat, CultureInfo.InvariantCulture)}", $"product: {Product}",
            .. Roots.Select(root => $"root: {root}"), .. Fingerprints.Select(fingerprint => $"fingerprint: {fingerprint}"),
        ];
        return $"{string.Join('\n', lines)}\n\n{Code}\n";
    }
}
