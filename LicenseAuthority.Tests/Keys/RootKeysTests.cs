using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Keys;

internal sealed class RootKeysTests
{
    [Test]
    public void Parse_CommentsAndEmptyLines_GivesTheLinesInOrder()
    {
        var lines = Lines(2);

        var roots = RootKeys.Parse($"# in use\r\n{lines[0]}\r\n\n   # standby\n  {lines[1]}  \n", "roots.txt");

        Assert.That(roots.Lines, Is.EqualTo(lines));
    }

    [TestCase(1)]
    [TestCase(4)]
    public void Parse_OneToFour_Accepts(int count)
    {
        Assert.That(RootKeys.Parse(string.Join('\n', Lines(count)), "roots.txt").Lines, Has.Count.EqualTo(count));
    }

    [TestCase(0)]
    [TestCase(5)]
    public void Parse_NoneOrMoreThanFour_RefusesAndNamesTheFile(int count)
    {
        Assert.That(
            () => RootKeys.Parse("# none\n" + string.Join('\n', Lines(count)), "roots.txt"),
            Throws.TypeOf<KeyException>().With.Message.Contains("roots.txt").And.Message.Contains($"{count} root keys"));
    }

    [Test]
    public void Parse_TheSameTwice_RefusesAndNamesTheLine()
    {
        var line = Lines(1)[0];

        Assert.That(() => RootKeys.Parse($"{line}\n{line}\n", "roots.txt"), Throws.TypeOf<KeyException>().With.Message.Contains("line 2"));
    }

    [TestCase("la-root-2:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    [TestCase("la-root-1:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR")]
    [TestCase("la-root-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("la-root-1:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo # comment")]
    public void Parse_BadLine_RefusesAndNamesTheLine(string line)
    {
        Assert.That(() => RootKeys.Parse($"# comment\n{line}\n", "roots.txt"), Throws.TypeOf<KeyException>().With.Message.Contains("roots.txt, line 2"));
    }

    private static string[] Lines(int count) =>
        [.. Enumerable.Range(0, count).Select(_ =>
        {
            using var key = Ed25519PrivateKey.Generate();
            return RootKeys.ToLine(key.PublicKey);
        })];
}
