using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>
/// A page of the documentation, as far as tests read it: its fenced blocks, and comments that begin with <c>walk:</c>, in order. A fence whose info
/// string ends in <c>walk</c> belongs to a walk that <see cref="Walk"/> runs.
/// </summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string name, string text)
    {
        Name = name;
        Text = text;
        Blocks = [.. BlockForm().Matches(text).Select(match => match.Groups["comment"].Success
            ? new Block("comment walk", match.Groups["comment"].Value.Trim())
            : new Block(match.Groups["info"].Value.Trim(), match.Groups["body"].Value))];
    }

    public string Name { get; }

    public string Text { get; }

    public IReadOnlyList<Block> Blocks { get; }

    public static MarkdownPage Read(string name) => new(name, File.ReadAllText(Repository.PathTo(name.Split('/'))).ReplaceLineEndings("\n"));

    /// <summary>All pages of the repository, by their path.</summary>
    public static IEnumerable<string> Names()
    {
        string[] top = ["README.md", "README.zh-CN.md", "CHANGELOG.md", "keys/README.md"];
        return top.Concat(Directory.GetFiles(Repository.PathTo("docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.PathTo(), file).Replace('\\', '/')));
    }

    [GeneratedRegex(@"^```(?<info>[^\n]*)\n(?<body>.*?)^```$|^<!-- walk:(?<comment>[^\n]*)-->$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BlockForm();

    /// <summary>A fenced block, or a comment for the walk.</summary>
    internal sealed record Block(string Info, string Body);
}
