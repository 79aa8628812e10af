using LicenseAuthority.Client;
using LicenseAuthority.Codes;

namespace LicenseAuthority.Tests.Codes;

internal sealed class LicenseFileWriterTests
{
    [TestCase(1)]
    [TestCase(63)]
    [TestCase(64)]
    [TestCase(65)]
    [TestCase(1000)]
    public void Write_CodeOfAnyLength_IsWrappedAtSixtyFourCharacters(int length)
    {
        var code = new string('a', length);
        var lines = LicenseFileWriter.Write(code, null).Split('\n');

        Assert.That(lines[0], Is.EqualTo("-----BEGIN LICENSE CODE-----"));
        Assert.That(lines[^2], Is.EqualTo("-----END LICENSE CODE-----"));
        Assert.That(lines[^1], Is.Empty, "a line feed behind the last line");
        Assert.That(lines[1..^3].Select(line => line.Length), Is.All.EqualTo(64));
        Assert.That(lines[^3], Has.Length.InRange(1, 64));
        Assert.That(string.Concat(lines[1..^2]), Is.EqualTo(code));
    }

    [Test]
    public void Write_WithAStatusList_PutsItBehindTheCode()
    {
        var file = LicenseFileWriter.Write("a.b.c", "d.e.f");

        Assert.That(file, Is.EqualTo(
            "-----BEGIN LICENSE CODE-----\na.b.c\n-----END LICENSE CODE-----\n-----BEGIN STATUS LIST-----\nd.e.f\n-----END STATUS LIST-----\n"));
        Assert.That(LicenseFile.Parse(file).GetCode(), Is.EqualTo("a.b.c"));
        Assert.That(LicenseFile.Parse(file).GetStatusList(), Is.EqualTo("d.e.f"));
    }
}
