using LicenseAuthority.Commands;

namespace LicenseAuthority.Tests.Commands;

/// <summary>A file of variables is read as systemd reads it for the service, or the command works on another database than the service.</summary>
internal sealed class EnvironmentFileTests
{
    [TestCase("A=b", "b")]
    [TestCase("A=", "")]
    [TestCase("  A = b c \t", "b c")]
    [TestCase("A=b\r\n", "b")]
    [TestCase("A=\"b c \"", "b c ")]
    [TestCase("A=\"b c\"  \r\n", "b c")]
    [TestCase("A='b \"c\" $d \\e'", "b \"c\" $d \\e")]
    [TestCase("A=\"\\\"b\\\" \\\\ \\$c \\d\"", "\"b\" \\ $c \\d")]
    [TestCase("A=b\\\nc", "bc")]
    [TestCase("A=\"b\\\nc\"", "bc")]
    [TestCase("A=\"b\nc\"", "b\nc")]
    [TestCase("A=b\\ ", "b ")]
    [TestCase("A=b # no comment", "b # no comment")]
    [TestCase("A=b'c'", "b'c'")]
    [TestCase("A=\"b\"'c'd", "bcd")]
    [TestCase("A=Host=db;Password=p", "Host=db;Password=p")]
    [TestCase("A=${HOME} $(id)", "${HOME} $(id)")]
    [TestCase("# A=comment\n; A=comment\n\nnothing here\nA=b", "b")]
    public void Parse_OneVariable_HasTheValueThatSystemdGivesIt(string text, string value) =>
        Assert.That(EnvironmentFile.Parse(text, "x.env"), Is.EqualTo(new[] { ("A", value) }));

    [Test]
    public void Parse_Several_KeepsTheirOrder() => Assert.That(
        EnvironmentFile.Parse("A=\"1\"\nB__C=2\nA='3'", "x.env"), Is.EqualTo(new[] { ("A", "1"), ("B__C", "2"), ("A", "3") }));

    [TestCase("A=b\nexport Keys__Passphrase=hunter2", "line 2", "export")]
    [TestCase("Keys:Passphrase=hunter2", "line 1", "NAME=value")]
    [TestCase("\n\nA=\"hunter2\nB=c", "line 3", "quote")]
    [TestCase("A='hunter2", "line 1", "quote")]
    public void Parse_Wrong_NamesTheLineAndNoValue(string text, string line, string reason)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => EnvironmentFile.Parse(text, "x.env"));

        Assert.That(refusal!.Message, Does.Contain("x.env").And.Contain(line).And.Contain(reason).And.Not.Contain("hunter2"));
    }
}
