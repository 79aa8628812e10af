using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Licensee;
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
    public void List_ReadOutOfTheDocument_RevokesTheCode()
    {
        var (token, claims) = ListBlocks();
        var verifier = new LicenseVerifier(
            Blocks[0], "com.example.editor", new LicenseVerifierOptions { TimeProvider = new StoppedClock(DateTimeOffset.Parse("2026-06-01T00:00:00Z", null)) });
        var list = verifier.CheckStatusList(token).List;
        Assert.That(StrictBase64Url.TryDecode(token.Replace("\n", "", StringComparison.Ordinal).Split('.')[1], out var payload), Is.True);
        var shown = claims.Split('\u2026');

        Assert.That(verifier.Check(Blocks[1], list, null).Outcome, Is.EqualTo(LicenseOutcome.Revoked));
        Assert.That(Encoding.UTF8.GetString(payload), Does.StartWith(shown[0]).And.EndsWith(shown[1]));
        Assert.That((list!.IssuedAt, list.ExpiresAt), Is.EqualTo((DateTimeOffset.Parse("2026-05-31T00:00:00Z", null), DateTimeOffset.Parse("2026-06-30T00:00:00Z", null))));
        Assert.That(token.Replace("\n", "", StringComparison.Ordinal), Is.EqualTo(TestStatusLists.With(1).Build()), "made anew from its seeds");
    }

    [Test]
    public void Request_ReadOutOfTheDocument_IsOneForTheService()
    {
        var (body, problem) = ActivationBody.Read(Blocks.Single(block => block.StartsWith("json\n", StringComparison.Ordinal))["json\n".Length..]);

        Assert.That(problem, Is.Null);
        Assert.That((body!.Product, body.Fingerprints.Length, body.Required, body.Name, body.Lease, body.Offline), Is.EqualTo(
            ("com.example.editor", 2, 1, "Press 7", (TimeSpan?)TimeSpan.FromDays(1), true)));
    }

    [Test]
    public void Words_TableInTheDocument_AreThoseOfTheVectors()
    {
        var rows = Document[Document.IndexOf("## Test vectors", StringComparison.Ordinal)..Document.IndexOf("## Compatibility", StringComparison.Ordinal)]
            .Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length > 2 && cells[1].StartsWith('`'));

        Assert.That(rows.Select(cells => cells[1].Trim('`')), Is.EqualTo(TestVector.Words));
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

    // The token of the list, and its claims, which are the block behind it.
    private static (string Token, string Claims) ListBlocks()
    {
        var at = Array.FindIndex(Blocks, block => block.StartsWith("{\"sub\":", StringComparison.Ordinal));
        return (Blocks[at - 1], Blocks[at]);
    }

    [Test]
    public void Code_WithOneDeviceAndTwoEntitlements_FitsAMarketplacesTextField() =>
        Assert.That(TestCodes.Valid().BoundTo("board").With("act", "true").Build(), Has.Length.LessThanOrEqualTo(1024));
}
