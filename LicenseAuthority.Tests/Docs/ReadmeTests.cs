using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>The pages do what they say: their commands are run, the example is compiled, and the Chinese pages have the same commands.</summary>
public sealed class ReadmeTests
{
    [Test]
    public Task Page_RunAsWritten_PrintsWhatItPromises([Values("README.md", "docs/first-license.md")] string page) => Walk.RunAsync((page, null));

    [Test]
    public Task AdminApi_RunAsWritten_PrintsWhatItPromises() =>
        Walk.RunAsync(("docs/first-license.md", "verify data/license.txt"), ("docs/admin-api.md", null), ("docs/webhooks.md", null));

    [Test]
    public Task AirGapped_RunAsWritten_PrintsWhatItPromises() => Walk.RunAsync(("docs/first-license.md", "verify data/license.txt"), ("docs/air-gapped.md", null));

    [Test]
    public Task Marketplace_RunAsWritten_PrintsWhatItPromises() => Walk.RunAsync(("docs/marketplace.md", null));

    [TestCase("README.md", "README.zh-CN.md")]
    [TestCase("docs/marketplace.md", "docs/marketplace.zh-CN.md")]
    [TestCase("docs/first-license.md", "docs/first-license.zh-CN.md")]
    public void ChinesePage_CommandsAndOutputs_AreThoseOfTheEnglishOne(string english, string chinese) =>
        Assert.That(MarkdownPage.Read(chinese).Blocks.Where(IsNoPicture), Is.EqualTo(MarkdownPage.Read(english).Blocks.Where(IsNoPicture)));

    [Test]
    public void Example_OfTheClient_IsTheOneBelow()
    {
        var shown = MarkdownPage.Read("docs/client.md").Blocks.First(block => block.Info == "csharp").Body.Split('\n');
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
