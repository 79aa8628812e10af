using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Codes;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>What counts as a license file, however it was mailed, pasted or cut.</summary>
internal sealed class LicenseFileTests
{
    private static readonly string Code = TestCodes.Valid().Build();
    private static readonly string List = TestStatusLists.With(0).Build();

    [Test]
    public void Parse_WhatTheServiceWrites_GivesBothTexts()
    {
        AssertFile(LicenseFileWriter.Write(Code, List), Code, List);
        AssertFile(LicenseFileWriter.Write(Code, null), Code, null);
    }

    [TestCase("\r\n")]
    [TestCase("\r")]
    [TestCase(" ")]
    [TestCase(" \t\r\n \n")]
    [TestCase("\n> ")]
    [TestCase("\r\n>> > ")]
    [TestCase("\n>")]
    public void Parse_OtherLineBreaksAndQuoteMarks_DoNotMatter(string lineBreak) =>
        AssertFile(LicenseFileWriter.Write(Code, List).Replace("\n", lineBreak, StringComparison.Ordinal), Code, List);

    [Test]
    public void Parse_MarksBrokenByANarrowMail_AreFound() => AssertFile(
        LicenseFileWriter.Write(Code, null).Replace("LICENSE CODE", "LICENSE\r\n> CODE", StringComparison.Ordinal), Code, null);

    [Test]
    public void Parse_TextAround_IsIgnored()
    {
        var file = LicenseFileWriter.Write(Code, List);

        AssertFile("\ufeff" + file, Code, List);
        AssertFile($"Dear customer,\r\n-----\r\n\u201chere\u201d it is: {file} -- \nRegards -----BEGIN A JOKE-----", Code, List);
        AssertFile(file.Replace("-----BEGIN STATUS", "and the list\n-----BEGIN STATUS", StringComparison.Ordinal), Code, List);
    }

    [Test]
    public void Parse_ListFirst_OrderDoesNotMatter()
    {
        var code = LicenseFileWriter.Write(Code, null);
        var list = LicenseFileWriter.Write(Code, List)[code.Length..];

        AssertFile(list + code, Code, List);
        AssertFile(list, null, List);
    }

    [Test]
    public void Parse_BareCode_IsTheCodeAsItIs()
    {
        var wrapped = string.Join("\r\n ", Code.Chunk(76).Select(line => new string(line)));

        AssertFile(Code, Code, null);
        AssertFile("\ufeff" + wrapped, wrapped, null);
        AssertFile("not a code at all", "not a code at all", null);
    }

    // Base64url has the dash, too: what ends with one still ends where the armor begins.
    [Test]
    public void Parse_BodyThatEndsWithDashes_IsReadWhole() => AssertFile("-----BEGIN LICENSE CODE-----a.b.c--------END LICENSE CODE-----", "a.b.c---", null);

    [TestCase("-----BEGIN LICENSE CODE-----\na.b.c\n", "END")]
    [TestCase("a.b.c\n-----END LICENSE CODE-----", "END")]
    [TestCase("-----BEGIN LICENSE CODE-----\na.b.c\n-----END STATUS LIST-----", "END")]
    [TestCase("-----BEGIN LICENSE CODE-----\na.b.c\n-----BEGIN LICENSE CODE-----\na.b.c\n-----END LICENSE CODE-----", "END")]
    [TestCase("{0}-----BEGIN STATUS LIST-----\na.b.c", "END")]
    [TestCase("{0}-----END LICENSE CODE-----", "END")]
    [TestCase("{0}{0}", "more than one license code")]
    [TestCase("{0}{1}{1}", "more than one status list")]
    [TestCase("", "no text")]
    [TestCase(" \r\n", "no text")]
    [TestCase("\ufeff \r\n", "no text")]
    [TestCase(null, "no text")]
    public void Parse_WhatIsNoFile_GivesNothingAndSaysWhy(string? form, string english)
    {
        var code = LicenseFileWriter.Write(Code, null);
        var file = LicenseFile.Parse(form?.Replace("{0}", code, StringComparison.Ordinal)
            .Replace("{1}", LicenseFileWriter.Write(Code, List)[code.Length..], StringComparison.Ordinal));

        AssertNone(file);
        Assert.That(file.GetEvidence(LicenseLanguage.English), Does.Contain(english));
    }

    [Test]
    public void Parse_HugeText_IsRefusedAtOnce()
    {
        var text = LicenseFileWriter.Write(Code, List) + new string(' ', 10_000_000);
        LicenseFile.Parse(text);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var file = LicenseFile.Parse(text);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10_000));
        AssertNone(file);
        Assert.That(file.GetEvidence(LicenseLanguage.English), Does.Contain("longer"));
    }

    [Test]
    public void Parse_LongestListBrokenAfterEachCharacter_StillFits()
    {
        var list = new string('x', StatusListReader.MaximumLength);
        var broken = string.Join('\n', (IEnumerable<char>)list);

        AssertFile($"{LicenseFileWriter.Write(Code, null)}-----BEGIN STATUS LIST-----\n{broken}\n-----END STATUS LIST-----\n", Code, list);
    }

    [Test]
    public void Parse_ManyDamagedFiles_NeverThrowsAndNeverMakesAnotherCode()
    {
        var good = LicenseFileWriter.Write(Code, List);
        var random = new Random(7);
        var verifier = new LicenseVerifier(
            TestCodes.RootLine(), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)) });
        var read = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var at = random.Next(good.Length);
            var text = random.Next(4) switch
            {
                0 => good[..at],
                1 => good[at..],
                2 => good.Remove(at, Math.Min(good.Length - at, random.Next(1, 40))),
                _ => good.Insert(at, $"{(char)random.Next(0x10000)}"),
            };
            var file = LicenseFile.Parse(text);
            var license = verifier.Check(file.GetCode()).License;

            Assert.That(license is null || license.GetText() == Code, Is.True);
            Assert.That(file.GetEvidence(LicenseLanguage.Chinese), Is.Not.Empty);
            read += license is null ? 0 : 1;
        }

        Assert.That(read, Is.InRange(100, 4_900), "or it proves nothing");
    }

    [Test]
    public void ToString_AnyFile_HoldsNoPartOfIt()
    {
        foreach (var text in (string[])[Code, LicenseFileWriter.Write(Code, List), LicenseFileWriter.Write(Code, List)[..^10]])
        {
            var file = LicenseFile.Parse(text);
            foreach (var part in Code.Split('.').Concat(List.Split('.')))
            {
                Assert.That(file + file.GetEvidence(LicenseLanguage.English) + file.GetEvidence(LicenseLanguage.Chinese), Does.Not.Contain(part[..20]));
            }
        }
    }

    private static void AssertFile(string text, string? code, string? list)
    {
        var file = LicenseFile.Parse(text);

        Assert.That(file.IsWellFormed, Is.True, file.GetEvidence(LicenseLanguage.English));
        Assert.That(file.GetCode(), Is.EqualTo(code));
        Assert.That(file.GetStatusList(), Is.EqualTo(list));
    }

    private static void AssertNone(LicenseFile file)
    {
        Assert.That(file.IsWellFormed, Is.False);
        Assert.That(file.GetCode(), Is.Null);
        Assert.That(file.GetStatusList(), Is.Null);
        Assert.That(file.GetEvidence(LicenseLanguage.Chinese), Does.Match("\\p{IsCJKUnifiedIdeographs}"));
    }
}
