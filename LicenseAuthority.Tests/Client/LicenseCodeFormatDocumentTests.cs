using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>What docs/license-code-format.md shows and says is what the library does.</summary>
public sealed class LicenseCodeFormatDocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathTo("docs", "license-code-format.md"));

    // The texts between fences, in order.
    private static readonly string[] Blocks = [.. Document.Split("```").Where((_, index) => index % 2 == 1).Select(block => block.Trim())];

    [TestCase("2026-01-01T00:00:00Z", LicenseOutcome.Valid)]
    [TestCase("2026-12-31T23:59:59Z", LicenseOutcome.Valid)]
    [TestCase("2027-01-01T00:00:00Z", LicenseOutcome.Frozen)]
    [TestCase("2027-01-16T00:00:00Z", LicenseOutcome.Expired)]
    public void Example_ReadOutOfTheDocument_VerifiesAsItSays(string now, LicenseOutcome expected)
    {
        var verifier = new LicenseVerifier(
            Blocks[0], "com.example.editor",
            new LicenseVerifierOptions { TimeProvider = new StoppedClock(DateTimeOffset.Parse(now, null)) });

        Assert.That(verifier.Check(Blocks[1]).Outcome, Is.EqualTo(expected));
    }

    [Test]
    public void Example_HeaderAndPayload_AreThoseOfTheCode()
    {
        var parts = Blocks[1].Replace("\n", "", StringComparison.Ordinal).Split('.');
        Assert.That(StrictBase64Url.TryDecode(parts[0], out var header), Is.True);
        Assert.That(StrictBase64Url.TryDecode(parts[1], out var payload), Is.True);
        var shown = Blocks[2].Split('\u2026');

        Assert.That(Encoding.UTF8.GetString(header), Does.StartWith(shown[0]).And.EndsWith(shown[1]));
        Assert.That(Encoding.UTF8.GetString(payload), Is.EqualTo(Blocks[3].Replace("\n ", "", StringComparison.Ordinal)));
    }

    [Test]
    public void Example_MadeAnewFromItsSeeds_IsTheSame()
    {
        Assert.That(Blocks[0], Is.EqualTo(TestCodes.RootLine()));
        Assert.That(Blocks[1].Replace("\n", "", StringComparison.Ordinal), Is.EqualTo(TestCodes.Valid().Build()));
    }

    [Test]
    public void Outcomes_TableInTheDocument_IsTheEnum()
    {
        var rows = Document[Document.IndexOf("## Outcomes", StringComparison.Ordinal)..Document.IndexOf("## Limits", StringComparison.Ordinal)]
            .Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length > 2 && int.TryParse(cells[1], out _));

        Assert.That(
            rows.Select(cells => $"{cells[1]} {cells[2]}"),
            Is.EqualTo(Enum.GetValues<LicenseOutcome>().Select(outcome => $"{outcome:D} {outcome}")));
    }

    [Test]
    public void Code_WithOneDeviceAndTwoEntitlements_FitsAMarketplacesTextField() =>
        Assert.That(TestCodes.Valid().BoundTo("board").With("act", "true").Build(), Has.Length.LessThanOrEqualTo(1024));
}
