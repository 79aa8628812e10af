using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>The pages do what they say: their commands are run, and the Chinese pages have the same commands.</summary>
public sealed class ReadmeTests
{
    [Test]
    public Task Page_RunAsWritten_PrintsWhatItPromises([Values("README.md", "docs/first-license.md")] string page) => Walk.RunAsync((page, null));

    [Test]
    [InCi("the service is started as a process again and again")]
    public Task AdminApi_RunAsWritten_PrintsWhatItPromises() =>
        Walk.RunAsync(("docs/first-license.md", "verify data/license.txt"), ("docs/admin-api.md", null), ("docs/webhooks.md", null));

    [Test]
    [InCi("the service is started as a process again and again")]
    public Task AirGapped_RunAsWritten_PrintsWhatItPromises() => Walk.RunAsync(("docs/first-license.md", "verify data/license.txt"), ("docs/air-gapped.md", null));

    [Test]
    [InCi("the service is started as a process again and again")]
    public Task Marketplace_RunAsWritten_PrintsWhatItPromises() => Walk.RunAsync(("docs/marketplace.md", null));

    [TestCase("README.md", "README.zh-CN.md")]
    [TestCase("docs/marketplace.md", "docs/marketplace.zh-CN.md")]
    [TestCase("docs/first-license.md", "docs/first-license.zh-CN.md")]
    public void ChinesePage_CommandsAndOutputs_AreThoseOfTheEnglishOne(string english, string chinese) =>
        Assert.That(MarkdownPage.Read(chinese).Blocks.Where(IsNoPicture), Is.EqualTo(MarkdownPage.Read(english).Blocks.Where(IsNoPicture)));

    // The diagram has words of its own in each language.
    private static bool IsNoPicture(MarkdownPage.Block block) => block.Info.Length > 0;
}
