using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>
/// README.md, docs/admin-api.md and docs/webhooks.md do what they say: their commands are run, the example is compiled, and the Chinese page has the
/// same commands.
/// </summary>
public sealed class ReadmeTests
{
    [Test]
    public Task Walk_RunAsWritten_PrintsWhatItPromises() => Walk.RunAsync(("README.md", null));

    [Test]
    public Task AdminApi_RunAsWritten_PrintsWhatItPromises() =>
        Walk.RunAsync(("README.md", "verify data/license.txt"), ("docs/admin-api.md", null), ("docs/webhooks.md", null));

    [Test]
    public void ChinesePage_CommandsAndOutputs_AreThoseOfTheEnglishOne() =>
        Assert.That(MarkdownPage.Read("README.zh-CN.md").Blocks.Where(IsNoPicture), Is.EqualTo(MarkdownPage.Read("README.md").Blocks.Where(IsNoPicture)));

    [TestCase("README.md")]
    [TestCase("README.zh-CN.md")]
    public void Example_OfTheClient_IsTheOneBelow(string page)
    {
        var shown = MarkdownPage.Read(page).Blocks.Single(block => block.Info == "csharp").Body.Split('\n');
        var compiled = File.ReadLines(Repository.PathTo("LicenseAuthority.Tests", "Docs", "ReadmeTests.cs"))
            .SkipWhile(line => line.Trim() != "// The example begins.").Skip(1).TakeWhile(line => line.Trim() != "// The example ends.");

        Assert.That(Trimmed(shown), Is.EqualTo(Trimmed(compiled)).And.Not.Empty);
    }

    [Test]
    public void Example_OfTheClient_Runs()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, TestCodes.Valid().Without("exp").Without("grace").Build());
            Assert.That(Example(file), Is.EqualTo("Licensed for 5 seats."));

            File.WriteAllText(file, "nonsense");
            Assert.That(Example(file), Does.Contain("three parts"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Example(string licenseFile)
    {
        // The example begins.
        var verifier = new LicenseVerifier("la-root-1:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", "com.example.editor");
        LicenseCheck check = verifier.Check(File.ReadAllText(licenseFile));
        return check.IsValid
            ? $"Licensed for {check.License.Quantity} seats."
            : check.GetEvidence(LicenseLanguage.English) + " " + check.GetAdvice(LicenseLanguage.English);

        // The example ends.
    }

    // The diagram has words of its own in each language.
    private static bool IsNoPicture(MarkdownPage.Block block) => block.Info.Length > 0;

    private static IEnumerable<string> Trimmed(IEnumerable<string> lines) => lines.Select(line => line.Trim()).Where(line => line.Length > 0);
}
