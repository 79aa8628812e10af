using System.Net;
using System.Net.Http.Headers;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Hosting;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Hosting;

namespace LicenseAuthority.Tests.Docs;

/// <summary>Every example of docs/client.md is compiled here, and some are run.</summary>
public sealed class ClientPageTests
{
    private readonly Queue<string> _answers = new();
    private readonly List<string> _shown = [];

    [Test]
    public void Examples_OfThePage_AreAllBelow()
    {
        var shown = MarkdownPage.Read("docs/client.md").Blocks.Where(block => block.Info == "csharp").Select(block => Trimmed(block.Body.Split('\n'))).ToList();

        Assert.That(shown, Is.EquivalentTo(Compiled()).And.Not.Empty);
    }

    [TestCase("README.md")]
    [TestCase("README.zh-CN.md")]
    public void Examples_OfTheReadme_AreAmongThem(string readme)
    {
        var shown = MarkdownPage.Read(readme).Blocks.Where(block => block.Info == "csharp").Select(block => Trimmed(block.Body.Split('\n'))).ToList();

        Assert.That(Compiled(), Is.SupersetOf(shown));
        Assert.That(shown, Is.Not.Empty);
    }

    [Test]
    public void Guard_InTenLines_Runs()
    {
        var data = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "LicenseAuthority");
        Assume.That(Directory.Exists(Path.Combine(data, "com.example.editor")), Is.False, "somebody has licenses of this name");
        try
        {
            _answers.Enqueue("nonsense");
            _answers.Enqueue(TestCodes.Valid().Without("exp").Without("grace").Build());
            RunGuard();
        }
        finally
        {
            Directory.Delete(Path.Combine(data, "com.example.editor"), recursive: true);
        }

        Assert.That(_answers, Is.Empty);
        Assert.That(_shown, Has.Some.Contains("No license is installed").And.Some.Contains("three parts").And.Some.Contains("is valid"));
    }

    [Test]
    public void Verifier_InThreeLines_Runs()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, TestCodes.Valid().Without("exp").Without("grace").Build());
            Assert.That(RunVerifier(file), Is.EqualTo("Licensed for 5 seats."));

            File.WriteAllText(file, "nonsense");
            Assert.That(RunVerifier(file), Does.Contain("three parts"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    // The default of a product is Optional: without it the unbound code in the store is Valid without any place.
    [Test]
    public void Examples_OfActivation_DemandADevice()
    {
        Assert.That(ForThisDevice().Verifier.RequireDevice, Is.True);
        var examples = Compiled().FindAll(example => example.Contains("DeviceFingerprints =", StringComparison.Ordinal));
        Assert.That(examples, Has.Count.GreaterThanOrEqualTo(2).And.All.Contains("RequireDevice = true"));
    }

    private void RunGuard()
    {
        // The example begins.
        var options = new LicenseGuardOptions("com.example.editor", "la-root-1:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w");
        using LicenseGuard guard = LicenseGuard.Open(options);      // at the start of the program, once
        while (!guard.Current.IsValid)
        {
            Show(guard.Current.GetEvidence(LicenseLanguage.English), guard.Current.GetAdvice(LicenseLanguage.English));
            LicenseCheck check = guard.Install(AskForCodeOrFile());     // what the user pastes, or the text of a .lic
            Show(check.GetEvidence(LicenseLanguage.English), check.GetAdvice(LicenseLanguage.English));
        }

        guard.OutcomeChanged += (_, change) => Show(change.Current.GetEvidence(LicenseLanguage.English), change.Current.GetAdvice(LicenseLanguage.English));

        // The example ends.
    }

    internal static (LicenseCheck, bool, long?, IReadOnlyList<LicenseNotice>, string) Ask(LicenseGuard guard)
    {
        // The example begins.
        LicenseCheck now = guard.Current;                 // judged anew at each read, in about a microsecond: do not remember it
        guard.Require("export");                          // LicenseRequiredException, unless Valid and entitled
        bool mayExport = guard.IsEntitled("export");      // Valid, and true or above zero
        long? seats = guard.GetLimit("seats");            // null: not Valid, or no such integer
        IReadOnlyList<LicenseNotice> notices = guard.Notices;
        string ticket = guard.GetSupportReport();         // to be pasted into a ticket: no code, no fingerprint, no name

        // The example ends.
        return (now, mayExport, seats, notices, ticket);
    }

    internal void Listen(LicenseGuard guard)
    {
        // The example begins.
        guard.OutcomeChanged += (_, change) =>
        {
            LicenseOutcome before = change.Previous;
            LicenseCheck now = change.Current;
            Show($"{before} → {now.Outcome}", now.GetAdvice(LicenseLanguage.English));
        };

        // The example ends.
    }

    internal static LicenseGuardOptions WithoutANetwork()
    {
        // The example begins.
        var options = new LicenseGuardOptions("com.example.editor", "la-root-1:…", "la-root-1:…")
        {
            CodeFile = "/etc/editor/license.lic",       // dropped there by an administrator, or a secret of Kubernetes
            Online = false,
        };

        // The example ends.
        return options;
    }

    internal async Task RefreshAsync(LicenseGuard guard, CancellationToken cancellationToken)
    {
        // The example begins.
        LicenseGuardResult result = await guard.RefreshAsync(cancellationToken);
        if (!result.Succeeded)
        {
            Show(result.Problem ?? "", result.GetText(LicenseLanguage.English));       // unreachable, unknown-code, too-many-requests, …
        }

        // The example ends.
    }

    internal async Task ActivateAsync(string? code, string boardSerial, string diskSerial, string machineId, CancellationToken cancellationToken)
    {
        // The example begins.
        var options = new LicenseGuardOptions("com.example.editor", "la-root-1:…", "la-root-1:…")
        {
            DeviceFingerprints = [boardSerial, diskSerial, machineId],
            DeviceMatch = 2,
            Lease = TimeSpan.FromHours(8),          // floating: a crash frees the place by itself
            ReleaseOnDispose = true,                // and the end of the program at once
            Verifier = new LicenseVerifierOptions { RequireDevice = true },     // nothing works without a place
        };
        using LicenseGuard guard = LicenseGuard.Open(options);
        LicenseGuardResult result = await guard.ActivateAsync(code, cancellationToken);      // code: null once one is stored
        if (result.Problem == "no-seat-left")
        {
            Show(result.Problem, result.GetText(LicenseLanguage.English));       // names the devices; they are result.Devices, too
        }

        // The example ends.
    }

    internal static LicenseGuardOptions ForThisDevice()
    {
        // The example begins.
        DeviceFingerprint device = DeviceFingerprint.Collect("com.example.editor");
        var options = new LicenseGuardOptions("com.example.editor", "la-root-1:…", "la-root-1:…")
        {
            DeviceFingerprints = device.Values,                             // the same for each check and for an activation
            DeviceMatch = device.Match,                                     // of three and more all but one, else all
            Lease = device.IsStable ? null : TimeSpan.FromHours(8),         // a container: what is lost comes back by itself
            Verifier = new LicenseVerifierOptions { RequireDevice = true }, // only a code that is bound to this device
        };

        // The example ends.
        return options;
    }

    internal static void AddToAHost(IHostApplicationBuilder builder)
    {
        // The example begins.
        builder.Services.AddLicenseGuard("com.example.editor", ["la-root-1:…", "la-root-1:…"], options =>
        {
            options.CodeFile = "/run/secrets/license";
            options.WarnBefore = TimeSpan.FromDays(30);
        });

        // The example ends.
    }

    internal static async Task<bool> TellUsageAsync(HttpClient http, Uri authority, string code, int activeClients, CancellationToken cancellationToken)
    {
        // The example begins.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(authority, "licensee/v1/usage"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", code);
        request.Content = new StringContent($$"""{"activeNum": {{activeClients}}}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
        bool isTold = response.StatusCode == HttpStatusCode.Accepted;       // else: try again later, and let the user work

        // The example ends.
        return isTold;
    }

    private static string RunVerifier(string licenseFile)
    {
        // The example begins.
        var verifier = new LicenseVerifier("la-root-1:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", "com.example.editor");
        LicenseCheck check = verifier.Check(File.ReadAllText(licenseFile));
        return check.IsValid
            ? $"Licensed for {check.License.Quantity} seats."
            : check.GetEvidence(LicenseLanguage.English) + " " + check.GetAdvice(LicenseLanguage.English);

        // The example ends.
    }

    internal void Embed(string code, LicenseVerifierOptions settings)
    {
        // The example begins.
        var verifier = new LicenseVerifier(
            ["la-root-1:…", "la-root-1:…"],            // in use, and standby
            "com.example.editor",
            new LicenseVerifierOptions { MinimumKeySerial = settings.MinimumKeySerial });

        LicenseCheck check = verifier.Check(code);
        settings.MinimumKeySerial = verifier.MinimumKeySerial;
        if (!check.IsValid)
        {
            Show(check.GetEvidence(LicenseLanguage.Chinese), check.GetAdvice(LicenseLanguage.Chinese));
        }

        // The example ends.
    }

    internal static LicenseCheck CheckFile(LicenseVerifier verifier, string[] fingerprints)
    {
        // The example begins.
        LicenseFile file = LicenseFile.Parse(File.ReadAllText("editor.lic"));     // a code by itself will do, too
        StatusListCheck listCheck = verifier.CheckStatusList(file.GetStatusList());
        LicenseCheck check = verifier.Check(file.GetCode(), listCheck.List, fingerprints);

        // The example ends.
        return check;
    }

    private static List<string> Compiled()
    {
        var examples = new List<string>();
        List<string>? open = null;
        foreach (var line in File.ReadLines(Repository.PathTo("LicenseAuthority.Tests", "Docs", "ClientPageTests.cs")))
        {
            if (line.Trim() == "// The example begins.")
            {
                open = [];
            }
            else if (line.Trim() == "// The example ends.")
            {
                examples.Add(Trimmed(open!));
                open = null;
            }
            else
            {
                open?.Add(line);
            }
        }

        return examples;
    }

    private static string Trimmed(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));

    private string? AskForCodeOrFile() => _answers.Dequeue();

    private void Show(string what, string advice) => _shown.Add($"{what} {advice}");
}
