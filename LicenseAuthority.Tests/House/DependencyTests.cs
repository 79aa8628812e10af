using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>
/// Who may know which library, and which words. A test that fails here names the file: move the code, not the rule. Which folder may refer to which is the
/// matter of <see cref="FolderGraphTests"/>.
/// </summary>
internal sealed partial class DependencyTests
{
    private static readonly string[] Projects = ["LicenseAuthority", "LicenseAuthority.Client", "LicenseAuthority.Client.Hosting", "LicenseAuthority.Tests", "LicenseAuthority.Benchmarks"];

    // Rules of licenses know no HTTP, SQL, scheduler, JSON, key or setting.
    [Test]
    public void Licensing_KnowsNothingOutside() => AssertNone(
        Sources("LicenseAuthority", "Licensing"),
        @"Microsoft\.(AspNetCore|Data)|Dapper|Quartz|System\.Text\.Json|System\.Net\b|SQLitePCL|Npgsql|BouncyCastle"
        + @"|System\.Diagnostics|OpenTelemetry|DateTime(Offset)?\.(Utc)?Now|HttpContext|IConfiguration|IHostEnvironment|IOptions");

    // HTTP to the outside is the matter of the webhooks and of a marketplace's open API, and of who plays that marketplace; the outbox would send anything
    // else as well.
    [Test]
    public void HttpClients_AreKnownWhereCallsGoOut() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Webhooks") && !IsIn(path, "Marketplaces/KooGallery/OpenApi") && !IsIn(path, "Simulation")),
        @"\busing System\.Net\.Http\b|\bHttpClient\b|SocketsHttpHandler|\bTcpClient\b");

    [Test]
    public void Outbox_KnowsNoNetwork() => AssertNone(Sources("LicenseAuthority", "Outbox"), @"System\.Net\b");

    [Test]
    public void Sql_IsKnownWhereThingsAreStored() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Storage") && !IsIn(path, "Stores")),
        @"Dapper|Microsoft\.Data|SQLitePCL|using Npgsql|\bSELECT\b.*\bFROM\b|\bINSERT INTO\b");

    [Test]
    public void Quartz_IsKnownByTheClockOnly() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Expiry") && !IsIn(path, "Health")), @"\busing Quartz\b|\bQuartz\.\w");

    [Test]
    public void OpenTelemetry_IsKnownInTelemetryOnly() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Telemetry")), @"\busing OpenTelemetry\b|\bOpenTelemetry\.\w");

    // The journal keeps and shows a code as a word; only the door knows what one means, and who plays the marketplace before it.
    [Test]
    public void ResultCodes_AreKnownInKooGalleryOnly() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Marketplaces/KooGallery") && !IsIn(path, "Simulation")), @"(?<!\.)\bResultCode\.\w|""00\d{4}""");

    // What both sides shared could be wrong on both, and nobody would see it: not the signatures, not the names of calls, not what a result code means.
    [Test]
    public void Simulation_SharesNothingWithTheDoorThatItCalls() => AssertNone(
        Sources("LicenseAuthority", "Simulation"), @"\bKooGallery\b(?<!/koogallery)|\b(V1Authentication|V2Signature|BodySign|AkSkSignature|ResultCode\.)\b");

    // A call that went past it would not be in the journal.
    [Test]
    public void OpenApiClient_IsCalledByRecordedOpenApiOnly()
    {
        string[] known = ["OpenApiClient.cs", "RecordedOpenApi.cs", "KooGalleryServices.cs"];
        AssertNone(Sources("LicenseAuthority").Where(path => !known.Contains(Path.GetFileName(path))), @"\bOpenApiClient\b");
    }

    [Test]
    public void BouncyCastle_IsCalledByOneFileInAProject([ValueSource(nameof(Projects))] string project)
    {
        var callers = Sources(project).Where(path => File.ReadAllText(path).Contains("Org." + "BouncyCastle", StringComparison.Ordinal)).Select(Path.GetFileName).ToList();

        Assert.That(callers, Has.Count.LessThanOrEqualTo(1), string.Join(", ", callers));
    }

    [Test]
    public void Client_KnowsNothingOfTheService()
    {
        var assembly = typeof(LicenseAuthority.Client.LicenseVerifier).Assembly;
        string[] allowed = ["System.", "netstandard", "mscorlib", "BouncyCastle.Cryptography"];

        Assert.That(
            assembly.GetReferencedAssemblies().Select(reference => reference.Name!)
                .Where(name => !allowed.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))),
            Is.Empty);
        AssertNone(
            Sources("LicenseAuthority.Client"),
            @"\busing LicenseAuthority\.(?!Client\b)|Microsoft\.AspNetCore");
        Assert.That(File.ReadAllText(Repository.PathTo("LicenseAuthority.Client", "LicenseAuthority.Client.csproj")), Does.Not.Contain("ProjectReference"));
    }

    // The verifier is without a network, files and timers, whatever the guard around it does; and of the guard each is in its own folder.
    [Test]
    public void Client_NetworkAndFilesAreInTheirFolders()
    {
        bool IsIn(string path, string folder) => Relative(path).StartsWith(Path.Combine("LicenseAuthority.Client", folder), StringComparison.Ordinal);
        var sources = Sources("LicenseAuthority.Client");

        AssertNone(sources.Where(path => !IsIn(path, "Fetching") && !IsIn(path, "LicenseGuard")), @"System\.Net\b|\bHttp(Client|Request|Response|Content|Method)\w*");
        AssertNone(sources.Where(path => !IsIn(path, "Keeping") && !IsIn(path, Path.Combine("Fingerprints", "HostSystem.cs"))), @"\b(File|Directory|FileInfo|FileStream)(\.|\()|\bEnvironment\.");
        AssertNone(sources.Where(path => !IsIn(path, "LicenseGuard.cs") && !IsIn(path, "Fetching") && !IsIn(path, "TimeProvider.cs")), @"\bCreateTimer\b|\bTask\.(Run|Delay)\b|CancellationTokenSource");
        AssertNone(sources.Where(path => !path.EndsWith("Calls.cs", StringComparison.Ordinal)), @"\bDllImport\b");
        AssertNone(sources.Where(path => IsIn(path, "Timekeeping")), @"\bTimeProvider\b|\block\b \(|System\.IO");
    }

    [Test]
    public void Namespace_IsTheFolder()
    {
        var wrong = Projects.SelectMany(project => Sources(project)).Where(path =>
        {
            var match = NamespaceLine().Match(File.ReadAllText(path));
            var folder = Path.GetDirectoryName(Relative(path))!.Replace(Path.DirectorySeparatorChar, '.');
            return match.Success && match.Groups[1].Value != folder;
        });

        Assert.That(wrong.Select(Relative), Is.Empty);
    }

    private static void AssertNone(IEnumerable<string> paths, string forbidden)
    {
        var pattern = new Regex(forbidden, RegexOptions.CultureInvariant);
        var found = from path in paths
                    from line in File.ReadLines(path).Select((text, number) => (Text: text, Number: number + 1))
                    where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal) && pattern.IsMatch(line.Text)
                    select $"{Relative(path)}:{line.Number}: {line.Text.Trim()}";

        Assert.That(found, Is.Empty);
    }

    private static string[] Sources(params string[] folder) => SourceFiles.In(folder);

    // It makes Quartz's own tables on PostgreSQL, so it knows both.
    private static bool IsIn(string path, string folder) => Relative(path).StartsWith(Path.Combine("LicenseAuthority", folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string Relative(string path) => Path.GetRelativePath(Repository.PathTo(), path);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
