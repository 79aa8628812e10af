using LicenseAuthority.Client;
using LicenseAuthority.Codes;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>The sample with license files and status lists, without a service: what the network would bring is canned.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OfflineVerifySampleFileTests : IDisposable
{
    private static readonly string[] Arguments = ["--root", TestCodes.RootLine(), "--product", TestCodes.Product];

    private readonly string _folder = TestFolder.Create("offline-verify-");

    private string LicenseFilePath => Path.Combine(_folder, "editor.lic");

    private string ListFile => Path.Combine(_folder, "list.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestCase(0, 0, LicenseOutcome.Valid)]
    [TestCase(1, 1, LicenseOutcome.Revoked)]
    [TestCase(2, 1, LicenseOutcome.Suspended)]
    public async Task Sample_LicenseFileWithAList_IsJudgedByIt(int entry, int exitCode, LicenseOutcome outcome)
    {
        await File.WriteAllTextAsync(LicenseFilePath, LicenseFileWriter.Write(Perpetual().Build(), List(entry).Build()));

        var run = await RunAsync(LicenseFilePath);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Printed);
            Assert.That(run.Printed, Does.Contain($"Outcome:   {outcome}\n").And.Contain("number 7 (seq)"));
        }
    }

    [Test]
    public async Task Sample_SeveralLists_TheNewestCounts()
    {
        await File.WriteAllTextAsync(LicenseFilePath, LicenseFileWriter.Write(Perpetual().Build(), List(0).Build()));
        await File.WriteAllTextAsync(ListFile, List(1).With("seq", 8).Build() + "\r\n");
        var newer = await RunAsync("--status-list", ListFile, LicenseFilePath);
        await File.WriteAllTextAsync(ListFile, LicenseFileWriter.Write(Perpetual().Build(), List(1).With("seq", 6).Build()));
        var older = await RunAsync(LicenseFilePath, "--status-list", ListFile);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(newer.Printed, Does.Contain("Outcome:   Revoked\n").And.Contain("number 8 (seq)"));
            Assert.That(newer.ExitCode, Is.EqualTo(1));
            Assert.That(older.Printed, Does.Contain("Outcome:   Valid\n").And.Contain("number 7 (seq)"));
            Assert.That(older.ExitCode, Is.Zero);
        }
    }

    [Test]
    public async Task Sample_ListThatDoesNotCount_IsSaidAndTheCodeIsJudgedWithout()
    {
        await File.WriteAllTextAsync(LicenseFilePath, Perpetual().Build());
        await File.WriteAllTextAsync(ListFile, List(1).CertifiedBy(TestCodes.OtherRootSeed).Build());
        var foreign = await RunAsync("--status-list", ListFile, LicenseFilePath);
        await File.WriteAllTextAsync(ListFile, List(1).With("sub", "\"https://license.example.com/licensee/v1/status-lists/2\"").Build());
        var other = await RunAsync("--status-list", ListFile, LicenseFilePath);
        var missing = await RunAsync("--status-list", ListFile + ".not", LicenseFilePath);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(foreign.ExitCode, Is.Zero, foreign.Printed);
            Assert.That(foreign.Printed, Does.Match("List:      the status list in .* does not count: .*not certified").And.Contain("Outcome:   Valid\n"));
            Assert.That(other.ExitCode, Is.Zero, other.Printed);
            Assert.That(other.Printed, Does.Contain("status-lists/2, and the code names").And.Contain("status unknown since"));
            Assert.That(missing.ExitCode, Is.EqualTo(2), missing.Printed);
        }
    }

    [TestCase("{0}")]
    [TestCase("\ufeff{0}")]
    [TestCase("Dear customer,\r\n\r\n{0}\r\n-- \r\nRegards")]
    public async Task Sample_LicenseFileFromStandardInput_IsReadHoweverItWasPasted(string form)
    {
        var file = LicenseFileWriter.Write(Perpetual().Build(), null).Replace("\n", "\r\n> ", StringComparison.Ordinal);

        var run = await OfflineVerifySampleTests.RunSampleAsync(Arguments, form.Replace("{0}", file, StringComparison.Ordinal));

        Assert.That(run.ExitCode, Is.Zero, run.Printed);
    }

    [Test]
    public async Task Sample_BareCodeWithAByteOrderMarkAndLineBreaks_IsRead()
    {
        var run = await OfflineVerifySampleTests.RunSampleAsync(
            Arguments, "\ufeff" + string.Join("\r\n ", Perpetual().Build().Chunk(70).Select(line => new string(line))) + "\r\n");

        Assert.That(run.ExitCode, Is.Zero, run.Printed);
    }

    [Test]
    public async Task Sample_FileWithTwoCodesOrHalfAnArmor_IsRefusedAndSaysWhy()
    {
        var code = LicenseFileWriter.Write(Perpetual().Build(), null);
        await File.WriteAllTextAsync(LicenseFilePath, code + code);
        var two = await RunAsync(LicenseFilePath);
        await File.WriteAllTextAsync(LicenseFilePath, code[..^20]);
        var half = await RunAsync(LicenseFilePath);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(two.ExitCode, Is.EqualTo(1), two.Printed);
            Assert.That(two.Printed, Does.Contain("File:      The file has more than one license code").And.Contain("Outcome:   Malformed"));
            Assert.That(half.ExitCode, Is.EqualTo(1), half.Printed);
            Assert.That(half.Printed, Does.Contain("File:      The file is cut off").And.Contain("Outcome:   Malformed"));
        }
    }

    [Test]
    public async Task Sample_Report_ListsAllChecksInBothLanguages()
    {
        await File.WriteAllTextAsync(LicenseFilePath, Perpetual().Build());

        var run = await RunAsync("--report", LicenseFilePath);

        Assert.That(run.ExitCode, Is.Zero, run.Printed);
        Assert.That(run.Printed, Does.Contain("[passed]   signature: Ed25519").And.Contain("[通过]   签名：Ed25519"));
    }

    [Test]
    [InCi("a program is started again and again")]
    public async Task Sample_RefreshOfALicenseFile_KeepsCodeAndListInIt()
    {
        await using var authority = await WebhookReceiver.StartAsync();
        TestCodes Code() => Perpetual().With("iss", $"\"{new Uri(authority.Url).GetLeftPart(UriPartial.Authority)}\"");
        var (newCode, newList) = (Code().With("gen", 2).With("iat", TestCodes.IssuedAt + 60).Build(), List(0).With("seq", 9).Build());
        await File.WriteAllTextAsync(LicenseFilePath, LicenseFileWriter.Write(Code().Build(), List(0).Build()));

        authority.Answer = WebhookReceiver.With(200, $$"""{"code":"{{newCode}}","state":"Active","statusList":"{{newList}}"}""");
        var both = await RunAsync("--refresh", LicenseFilePath);
        var kept = await File.ReadAllTextAsync(LicenseFilePath);
        authority.Answer = WebhookReceiver.With(200, $$"""{"code":"{{newCode}}","state":"Active","statusList":null}""");
        var nothing = await RunAsync("--refresh", LicenseFilePath);
        var keptAgain = await File.ReadAllTextAsync(LicenseFilePath);
        authority.Answer = WebhookReceiver.With(200, $$"""{"code":null,"state":"Revoked","statusList":"{{List(1).With("seq", 10).Build()}}"}""");
        var over = await RunAsync("--refresh", LicenseFilePath);
        var offline = await RunAsync(LicenseFilePath);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(both.ExitCode, Is.Zero, both.Printed);
            Assert.That(both.Printed, Does.Contain(", code 2\n").And.Contain("number 9 (seq)"));
            Assert.That(kept, Is.EqualTo(LicenseFileWriter.Write(newCode, newList)), "written as the service writes it");
            Assert.That(nothing.ExitCode, Is.Zero, nothing.Printed);
            Assert.That(keptAgain, Is.EqualTo(kept));
            Assert.That(over.Printed, Does.StartWith("Refused:").And.Contain("Outcome:   Revoked\n"));
            Assert.That(over.ExitCode, Is.EqualTo(1));
            Assert.That(offline.ExitCode, Is.EqualTo(1), "the list is kept: " + offline.Printed);
        }
    }

    [Test]
    public async Task Sample_RefreshOfABareCode_StaysABareCode()
    {
        await using var authority = await WebhookReceiver.StartAsync();
        TestCodes Code() => Perpetual().With("iss", $"\"{new Uri(authority.Url).GetLeftPart(UriPartial.Authority)}\"");
        var newCode = Code().With("gen", 2).With("iat", TestCodes.IssuedAt + 60).Build();
        await File.WriteAllTextAsync(LicenseFilePath, Code().Build());
        authority.Answer = WebhookReceiver.With(200, $$"""{"code":"{{newCode}}","state":"Active","statusList":"{{List(0).Build()}}"}""");

        var run = await RunAsync("--refresh", LicenseFilePath);

        Assert.That(run.ExitCode, Is.Zero, run.Printed);
        Assert.That(await File.ReadAllTextAsync(LicenseFilePath), Is.EqualTo(newCode));
    }

    private static TestCodes Perpetual() => TestCodes.Valid().Without("exp").Without("grace");

    // Made when the codes were: this goes by the computer's clock.
    private static TestCodes List(int entry) => TestStatusLists.Fresh(TestStatusLists.Entries(entry));

    private static Task<(int ExitCode, string Printed)> RunAsync(params string[] options) => OfflineVerifySampleTests.RunSampleAsync([.. Arguments, .. options]);
}
