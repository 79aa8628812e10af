using LicenseAuthority.Client;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>What becomes of CodeText and CodeFile: whatever lies there, somebody is told of it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LicenseGuardSourceTests : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly GuardFolder _folder = new();

    private string CodePath => Path.Combine(_folder.Path, "dropped.lic");

    public void Dispose() => _folder.Dispose();

    private static readonly TestCaseData[] Useless =
    [
        new TestCaseData("junk", "not a code since 2026-06-01T00:00:00Z: ").SetArgDisplayNames("junk"),
        new TestCaseData("", "not a code since 2026-06-01T00:00:00Z: ").SetArgDisplayNames("empty"),
        new TestCaseData(TestCodes.Valid().With("aud", "\"com.example.other\"").Build(), "WrongProduct since 2026-06-01T00:00:00Z: ").SetArgDisplayNames("product"),
        new TestCaseData(TestCodes.Valid().BoundTo("elsewhere").Build(), "WrongDevice since 2026-06-01T00:00:00Z: ").SetArgDisplayNames("device"),
    ];

    [TestCaseSource(nameof(Useless))]
    public async Task CodeFile_OfNoUse_IsNamedByANoticeAndTheReport(string text, string expected)
    {
        await File.WriteAllTextAsync(CodePath, text);
        using var guard = Open();

        Assert.That(guard.GetSupportReport(), Does.Contain($"source: CodeFile {CodePath}: {expected}"));
        var notice = guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.SourceNotUsable);
        Assert.That(notice.GetText(LicenseLanguage.English), Does.Contain(CodePath));
        Assert.That(notice.GetText(LicenseLanguage.Chinese), Does.Contain(CodePath).And.Contain("未能"));

        _folder.Time.Advance(Tick);
        Assert.That(guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.SourceNotUsable).Since, Is.EqualTo(notice.Since), "still the same");
        await File.WriteAllTextAsync(CodePath, TestCodes.Valid().Build());
        _folder.Time.Advance(Tick);
        Assert.That((guard.Current.IsValid, GuardFolder.Kinds(guard)), Is.EqualTo((true, Array.Empty<LicenseNoticeKind>())), "mended");
        Assert.That(guard.GetSupportReport(), Does.Contain($"source: CodeFile {CodePath}: taken, "));
    }

    [Test]
    public void CodeFile_IsAFolder_CannotBeRead()
    {
        Directory.CreateDirectory(CodePath);
        using var guard = Open();

        Assert.That(guard.Notices.Select(notice => notice.Kind), Does.Contain(LicenseNoticeKind.SourceNotUsable));
        Assert.That(guard.GetSupportReport(), Does.Contain($"source: CodeFile {CodePath}: not readable since 2026-06-01T00:00:00Z\n"));
    }

    // The same bytes as before: what was read of them counts again.
    [Test]
    public async Task CodeFile_GoneAndBack_IsTakenAgain()
    {
        await File.WriteAllTextAsync(CodePath, TestCodes.Valid().Build());
        using var guard = Open();
        File.Move(CodePath, CodePath + ".away");
        _folder.Time.Advance(Tick);
        Assert.That(guard.GetSupportReport(), Does.Contain($"source: CodeFile {CodePath}: not there\n"));
        Assert.That(GuardFolder.Kinds(guard), Is.Empty, "it may come yet");

        File.Move(CodePath + ".away", CodePath);
        _folder.Time.Advance(Tick);
        Assert.That(guard.GetSupportReport(), Does.Contain($"source: CodeFile {CodePath}: taken, "));
    }

    [Test]
    public void CodeText_OlderThanWhatIsHeld_IsALineOfTheReportOnly()
    {
        using (var before = _folder.Open())
        {
            before.Install(GuardFolder.Code(gen: 2, issued: -10));
        }

        using var guard = _folder.Open(options => (options.CodeText, options.CodeFile) = (GuardFolder.Code(gen: 1, issued: -20), CodePath));
        Assert.That(guard.GetSupportReport(), Does.Contain("source: CodeText: worse than what is held, ").And.Contain("not there"));
        Assert.That(GuardFolder.Kinds(guard), Is.Empty);

        using var junk = _folder.Open(options => options.CodeText = "junk");
        Assert.That(GuardFolder.Kinds(junk), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.SourceNotUsable]));
        Assert.That(junk.Current.IsValid, Is.True);
    }

    [Test]
    public void Open_OptionsThatCanDoNothing_NamesTheMember()
    {
        Assert.That(Refused(options => options.ReleaseOnDispose = true), Is.EqualTo("ReleaseOnDispose"));
        Assert.That(Refused(options => options.DeviceMatch = 1), Is.EqualTo("DeviceMatch"));
        Assert.That(Refused(options => options.DeviceFingerprints = [" ", ""]), Is.EqualTo("DeviceFingerprints"));
        foreach (var product in (string[])[" com.example.editor", "com.example.editor\n", "com.example.editor\0"])
        {
            Assert.That(
                () => LicenseGuard.Open(new LicenseGuardOptions(product, TestCodes.RootLine())), Throws.ArgumentException.With.Property("ParamName").EqualTo("ProductId"));
        }

        string? Refused(Action<LicenseGuardOptions> change) => Assert.Throws<ArgumentException>(() => _folder.Open(change))!.ParamName;
    }

    [TestCase("<unix>/ann/.local/share/x", "<unix>/ann", "~/.local/share/x")]
    [TestCase("<unix>/ann", "<unix>/ann", "~")]
    [TestCase("<unix>/annabel/x", "<unix>/ann", "<unix>/~/x")]
    [TestCase(@"C:<windows>\Ann\AppData\x", @"C:<windows>\Ann", @"~\AppData\x")]
    [TestCase(@"C:<windows>\Bob\x", @"C:<windows>\Ann", @"C:<windows>\~\x")]
    [TestCase("<mac>/bob", "", "<mac>/~")]
    [TestCase("/var/lib/editor", "/", "/var/lib/editor")]
    public void ShownPath_HasNobodysName(string path, string home, string shown)
    {
        Assert.That(ShownPath.Of(Written(path), Written(home)), Is.EqualTo(Written(shown)));

        static string Written(string text) => text.Replace("<unix>", "/home").Replace("<windows>", @"\Users").Replace("<mac>", "/Users");
    }

    private LicenseGuard Open() => _folder.Open(options => (options.CodeFile, options.DeviceFingerprints) = (CodePath, ["board"]));
}
