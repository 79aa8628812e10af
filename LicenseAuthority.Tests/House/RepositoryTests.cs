using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>What is committed is of use on every machine, and is kept as .editorconfig says.</summary>
internal sealed partial class RepositoryTests
{
    // A link to a folder of one machine was committed once.
    [Test]
    public void Repository_HoldsNoLinks() => Assert.That(Committed().Where(file => file.Mode is not ("100644" or "100755")).Select(file => file.Path), Is.Empty);

    // Where somebody works or builds. A documented installation (/srv, /opt, /etc) and where a system keeps its programs (/usr) are no such paths.
    [Test]
    public void Texts_NameNoPathsOfOneMachine()
    {
        var found = from file in Committed()
                    let text = Text(file.Path)
                    where text is not null
                    from line in text.Split('\n').Select((line, index) => (Text: line, Number: index + 1))
                    let path = PathOfAMachine().Match(line.Text)
                    where path.Success
                    select string.Create(CultureInfo.InvariantCulture, $"{file.Path}:{line.Number}: {path.Value}");

        Assert.That(found, Is.Empty);
    }

    [TestCase("see /" + "work/main/x", true)]
    [TestCase("\"/" + "tmp/run\"", true)]
    [TestCase("`/" + "root/.nuget`", true)]
    [TestCase("/" + "home/me/la", true)]
    [TestCase("C:" + @"\Users\me", true)]
    [TestCase("https://example.com/" + "home/page", false)]
    [TestCase("docs/" + "work/page.md", false)]
    [TestCase("/srv/license-authority", false)]
    public void PathOfAMachine_IsToldFromOthers(string text, bool expected) => Assert.That(PathOfAMachine().IsMatch(text), Is.EqualTo(expected));

    [Test]
    public void Lines_AreAsLongAsTheEditorKeepsThem()
    {
        var longest = int.Parse(LongestLine().Match(File.ReadAllText(Repository.PathTo(".editorconfig"))).Groups[1].Value, CultureInfo.InvariantCulture);
        var found = from path in SourceFiles.In()
                    from line in File.ReadLines(path).Select((text, index) => (Length: LengthWithoutTexts(text), Number: index + 1))
                    where line.Length > longest
                    select string.Create(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(Repository.PathTo(), path)}:{line.Number}: {line.Length}");

        Assert.That(found, Is.Empty, "max_line_length in .editorconfig is what the code keeps");
    }

    private static int LengthWithoutTexts(string line) => QuotedText().Replace(line, "").Length;

    // What git knows, as "mode path"; what is only on the disk is nobody's business.
    private static List<(string Mode, string Path)> Committed()
    {
        var start = new ProcessStartInfo("git", ["ls-files", "--stage", "-z"]) { WorkingDirectory = Repository.PathTo(), RedirectStandardOutput = true };
        using var git = Process.Start(start)!;
        var entries = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        Assert.That(git.ExitCode, Is.Zero, "git ls-files");
        Assert.That(entries, Is.Not.Empty);
        return [.. entries.Select(entry => (entry.Split(' ')[0], entry.Split('\t', 2)[1]))];
    }

    // Null for what is no text, or committed but deleted on the disk.
    private static string? Text(string path)
    {
        var file = new FileInfo(Repository.PathTo(path.Split('/')));
        var bytes = file.Exists && file.LinkTarget is null ? File.ReadAllBytes(file.FullName) : [0];
        return bytes.Contains((byte)0) ? null : Encoding.UTF8.GetString(bytes);
    }

    [GeneratedRegex(@"(?<![\w.~})>/-])/(work|root|home|tmp|Users|mnt|media)/[\w.]|\b[A-Z]:\\(Users|Windows|Temp)\b")]
    private static partial Regex PathOfAMachine();

    [GeneratedRegex(@"""(?:\\.|[^""\\])*""")]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"^max_line_length = (\d+)$", RegexOptions.Multiline)]
    private static partial Regex LongestLine();
}
