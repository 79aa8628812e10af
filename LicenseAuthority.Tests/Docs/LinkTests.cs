using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>Links from page to page lead somewhere.</summary>
public sealed partial class LinkTests
{
    [TestCaseSource(typeof(MarkdownPage), nameof(MarkdownPage.Names))]
    public void Links_WithinTheRepository_LeadToAFile(string page)
    {
        var folder = Path.GetDirectoryName(Repository.PathTo(page.Split('/')))!;
        var broken = Link().Matches(MarkdownPage.Read(page).Text)
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));

        Assert.That(broken, Is.Empty);
    }

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
