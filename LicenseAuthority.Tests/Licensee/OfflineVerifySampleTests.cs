using System.Diagnostics;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>
/// The sample that a vendor copies, as a program of its own against the running service. Both go by the computer's clock, as in real life; terms are
/// relative to it.
/// </summary>
internal sealed class OfflineVerifySampleTests
{
    private LicenseAuthorityApplication _app = null!;
    private string _file = "";

    [SetUp]
    public async Task Start()
    {
        var port = FreePort.Find();
        _app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", $"urls=http://127.0.0.1:{port}", $"PublicUrl=http://127.0.0.1:{port}"],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton(TimeProvider.System)),
            KeyFiles.MadeNow);
        _file = Path.Combine(_app.Folder, "editor.lic");
    }

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Sample_RenewedLicense_OldCodeStaysValidAndRefreshWritesTheNewOneToTheFile()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        var offline = await RunAsync();
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));
        var stillOffline = await RunAsync();
        var refreshed = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(offline.ExitCode, Is.Zero, offline.Printed);
            Assert.That(offline.Printed, Does.Contain("Outcome:   Valid"));
            Assert.That(stillOffline.ExitCode, Is.Zero, stillOffline.Printed);
            Assert.That(stillOffline.Printed, Does.Contain("Outcome:   Valid").And.Contain($"{license.Id}, code 1"), "a renewal takes nothing from who stays offline");
            Assert.That(refreshed.ExitCode, Is.Zero, refreshed.Printed);
            Assert.That(refreshed.Printed, Does.Contain("Refresh:   the license is Active").And.Contain($"License:   {license.Id}, code 2"));
            Assert.That(await File.ReadAllTextAsync(_file), Is.EqualTo(await license.CodeAsync()));
            Assert.That((await RunAsync()).Printed, Does.Contain($"{license.Id}, code 2"), "kept for the next start");
        }
    }

    [Test]
    public async Task Sample_TermThatEnded_FrozenWithAdviceInTwoLanguagesAndThawedAfterRenewalAndRefresh()
    {
        var license = await BuyAsync(TimeSpan.FromHours(-1));
        var frozen = await RunAsync("--refresh");
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));
        var offline = await RunAsync();
        var thawed = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(frozen.ExitCode, Is.EqualTo(1), frozen.Printed);
            Assert.That(frozen.Printed, Does.Contain("Outcome:   Frozen").And.Contain("Refresh:   the license is Frozen"));
            Assert.That(frozen.Printed, Does.Match("Advice:    [A-Z][a-z].*\n +\\p{IsCJKUnifiedIdeographs}"));
            Assert.That(offline.Printed, Does.Contain("Outcome:   Frozen"), "it cannot know yet");
            Assert.That(thawed.ExitCode, Is.Zero, thawed.Printed);
            Assert.That(thawed.Printed, Does.Contain("Outcome:   Valid"));
        }
    }

    // It printed "Valid" and ended with 0, although the authority had just said otherwise.
    [TestCase("revoke", "Revoked")]
    [TestCase("freeze", "Frozen")]
    [TestCase("release", "Released")]
    public async Task Sample_AuthoritySaysTheLicenseIsOver_RefusesThoughTheCodeIsGood(string command, string state)
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await license.CommandAsync(command);
        var offline = await RunAsync();
        var refreshed = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(offline.ExitCode, Is.Zero, "it cannot know: " + offline.Printed);
            Assert.That(refreshed.ExitCode, Is.EqualTo(1), refreshed.Printed);

            // On a busy machine the list that came with the answer may know it already: then the outcome says so.
            Assert.That(
                refreshed.Printed,
                Does.Contain($"Authority: {state}. ").And.Contain($"           {state}。").Or.Contain("Outcome:   Revoked").Or.Contain("Outcome:   Suspended"));
            Assert.That(refreshed.Printed, Does.StartWith($"Refused:   the authority says that the license is {state}. "), "the first line is what somebody reads");
        }
    }

    [Test]
    public async Task Sample_ServiceIsDown_GoesOnWithTheCodeAtHand()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await _app.DisposeAsync();
        _file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(_file, license.FirstCode);

            var run = await RunAsync("--refresh");

            using (Assert.EnterMultipleScope())
            {
                Assert.That(run.ExitCode, Is.Zero, run.Printed);
                Assert.That(run.Printed, Does.Contain("could not be reached").And.Contain("Outcome:   Valid"));
            }
        }
        finally
        {
            File.Delete(_file);
        }
    }

    // With line breaks it crashed, as no header takes them; with blanks the authority did not know the code, and it said "Valid".
    [TestCase("\r\n")]
    [TestCase("\n  ")]
    [TestCase(" ")]
    [TestCase("\t")]
    public async Task Sample_WrappedFileOfARevokedLicense_IsRefused(string whiteSpace)
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await File.WriteAllTextAsync(_file, string.Join(whiteSpace, license.FirstCode.Chunk(76).Select(line => new string(line))) + "\r\n");
        await license.CommandAsync("revoke");

        var run = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(1), run.Printed);
            Assert.That(run.Printed, Does.StartWith("Refused:").And.Contain("Refresh:   the license is Revoked"));
        }
    }

    [Test]
    public async Task Sample_CodeThatIsOverOfARevokedLicense_FirstLineIsTheRefusal()
    {
        var license = await BuyAsync(TimeSpan.FromHours(-1));
        await license.CommandAsync("revoke");

        Assert.That((await RunAsync("--refresh")).Printed, Does.StartWith("Refused:").And.Contain("Outcome:   Frozen"));
    }

    // It was written in place: who read it meanwhile, or after a crash, had a part of a code.
    [Test]
    public async Task Sample_NewCode_ReplacesTheFileAsAWholeAndNothingElse()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));
        var before = Directory.GetFiles(_app.Folder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }

        using var reader = new StreamReader(new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var run = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.Printed);
            Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(license.FirstCode), "whoever had the old file open still reads the old code");
            Assert.That(await File.ReadAllTextAsync(_file), Is.EqualTo(await license.CodeAsync()));
            Assert.That(Directory.GetFiles(_app.Folder), Is.EquivalentTo(before), "nothing is left beside it");
            if (!OperatingSystem.IsWindows())
            {
                Assert.That(File.GetUnixFileMode(_file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
            }
        }
    }

    [Test]
    [Platform("Linux,MacOsX")]
    public async Task Sample_FileIsALink_TheFileItselfIsReplaced()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));
        var target = _file;
        _file += ".link";
        File.CreateSymbolicLink(_file, Path.GetFileName(target));

        var run = await RunAsync("--refresh");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.Printed);
            Assert.That(new FileInfo(_file).LinkTarget, Is.EqualTo(Path.GetFileName(target)));
            Assert.That(await File.ReadAllTextAsync(target), Is.EqualTo(await license.CodeAsync()));
        }
    }

    // It ended in an exception, and nobody learned what the license was. Standard input is a file that can be read and, also by root, not be replaced.
    [Test]
    [Platform("Linux")]
    public async Task Sample_FileThatCannotBeWritten_IsToldAndTheNewCodeCountsNevertheless()
    {
        var license = await BuyAsync(TimeSpan.FromHours(1));
        await license.RefreshAsync(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(366));

        var run = await RunSampleAsync([.. Arguments, "--refresh", "/dev/stdin"], license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.Printed);
            Assert.That(run.Printed, Does.Match("Refresh:   the license is Active; its newest code could not be kept in /dev/stdin: .+"));
            Assert.That(run.Printed, Does.Contain("Outcome:   Valid").And.Contain($"{license.Id}, code 2"));
        }
    }

    [Test]
    public async Task Sample_SeveralRoots_EachOfThemCounts()
    {
        await BuyAsync(TimeSpan.FromHours(1));

        var valid = await RunSampleAsync(["--root", TestCodes.RootLine(), .. Arguments, "--root", TestCodes.RootLine(TestCodes.OtherRootSeed), _file]);
        var untrusted = await RunSampleAsync(
            ["--root", TestCodes.RootLine(), "--root", TestCodes.RootLine(TestCodes.OtherRootSeed), "--product", "demo-product", _file]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(valid.Printed, Does.Contain("Outcome:   Valid"));
            Assert.That(untrusted.Printed, Does.Contain("Outcome:   UntrustedKey"));
        }
    }

    // It went by Generation, which is for people.
    [TestCase(60, 1, true)]
    [TestCase(-60, 9, false)]
    public async Task Sample_OfTwoCodes_TheOneIssuedLastIsTheNewest(int secondsLater, int generation, bool taken)
    {
        await using var authority = await WebhookReceiver.StartAsync();
        TestCodes Code() => TestCodes.Valid().Without("exp").Without("grace").With("iss", $"\"{new Uri(authority.Url).GetLeftPart(UriPartial.Authority)}\"");
        var held = Code().With("gen", 5).Build();
        var answered = Code().With("gen", generation).With("iat", TestCodes.IssuedAt + secondsLater).Build();
        authority.Answer = WebhookReceiver.With(200, $$"""{"code":"{{answered}}","state":"Active"}""");
        await File.WriteAllTextAsync(_file, held);

        var run = await RunSampleAsync(["--root", TestCodes.RootLine(), "--product", TestCodes.Product, "--refresh", _file]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.Printed);
            Assert.That(run.Printed, Does.Contain($", code {(taken ? generation : 5)}\n"));
            Assert.That(await File.ReadAllTextAsync(_file), Is.EqualTo(taken ? answered : held));
        }
    }

    // A code from a clock that was three days ahead has the later time: the sample kept it, and the customer stayed at ClockRolledBack although the
    // authority had mended the license.
    [TestCase(-60, true)]
    [TestCase(2 * 24 * 60 * 60, false)]
    public async Task Sample_HeldCodeIsFromAClockThatWasAhead_TheMendedOneIsTaken(int answeredSecondsAhead, bool taken)
    {
        await using var authority = await WebhookReceiver.StartAsync();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        TestCodes Code() => TestCodes.Valid().Without("exp").Without("grace").With("iss", $"\"{new Uri(authority.Url).GetLeftPart(UriPartial.Authority)}\"");
        var held = Code().With("gen", 5).With("iat", now + (3 * 24 * 60 * 60)).Build();
        var answered = Code().With("gen", 6).With("iat", now + answeredSecondsAhead).Build();
        authority.Answer = WebhookReceiver.With(200, $$"""{"code":"{{answered}}","state":"Active"}""");
        await File.WriteAllTextAsync(_file, held);

        var run = await RunSampleAsync(["--root", TestCodes.RootLine(), "--product", TestCodes.Product, "--refresh", _file]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Printed, Does.Contain(taken ? "Outcome:   Valid" : "Outcome:   ClockRolledBack"));
            Assert.That(await File.ReadAllTextAsync(_file), Is.EqualTo(taken ? answered : held), "kept for the next start");
        }
    }

    // What is no answer must not be taken for one.
    [TestCase("""{"code":null,"state":"Active"}""")]
    [TestCase("""{"code":"x","state":null}""")]
    [TestCase("""{"state":"Revoked"}""")]
    [TestCase("""["Revoked"]""")]
    [TestCase("")]
    public async Task Sample_AnswerThatIsNone_GoesOnWithTheCodeAtHand(string answer)
    {
        await using var authority = await WebhookReceiver.StartAsync();
        authority.Answer = WebhookReceiver.With(200, answer);
        var issuer = new Uri(authority.Url).GetLeftPart(UriPartial.Authority);
        await File.WriteAllTextAsync(_file, TestCodes.Valid().Without("exp").Without("grace").With("iss", $"\"{issuer}\"").Build());

        var run = await RunSampleAsync(["--root", TestCodes.RootLine(), "--product", TestCodes.Product, "--refresh", _file]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.Printed);
            Assert.That(run.Printed, Does.Match("Refresh:   .+").And.Contain("Outcome:   Valid"));
        }
    }

    private async Task<SoldLicense> BuyAsync(TimeSpan term)
    {
        var license = await SoldLicense.BuyAsync(
            _app, call => call.With("expireTime", InstanceCall.Text(TimeProvider.System.GetUtcNow() + term)));
        await File.WriteAllTextAsync(_file, license.FirstCode);
        return license;
    }

    private static string[] Arguments => ["--root", KeyFiles.MadeNow.RootLines[0], "--product", "demo-product"];

    private Task<(int ExitCode, string Printed)> RunAsync(params string[] options) => RunSampleAsync([.. Arguments, .. options, _file]);

    internal static async Task<(int ExitCode, string Printed)> RunSampleAsync(string[] arguments, string input = "")
    {
        var sample = Repository.PathTo("artifacts", "bin", "OfflineVerify", Repository.Configuration, "OfflineVerify.dll");
        var start = new ProcessStartInfo("dotnet", [sample, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, printed.ReplaceLineEndings("\n"));
    }
}
