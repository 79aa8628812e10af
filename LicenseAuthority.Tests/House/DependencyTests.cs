using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>Who may know whom. A test that fails here names the file: move the code, not the rule.</summary>
internal sealed partial class DependencyTests
{
    private static readonly string[] Projects = ["LicenseAuthority", "LicenseAuthority.Client", "LicenseAuthority.Tests", "LicenseAuthority.Benchmarks"];

    // Rules of licenses know no HTTP, SQL, scheduler, JSON, key or door. Only the set-up of the folder may read the configuration.
    [Test]
    public void Licensing_KnowsNothingOutside() => AssertNone(
        Sources("LicenseAuthority", "Licensing"),
        @"Microsoft\.(AspNetCore|Data)|Dapper|Quartz|System\.Text\.Json|System\.Net\b|SQLitePCL|BouncyCastle"
        + @"|LicenseAuthority\.(Storage|Marketplace|Admin|Licensee|Codes|Keys|Expiry|Telemetry|Outbox|Webhooks|Client)\b|System\.Diagnostics|OpenTelemetry|DateTime(Offset)?\.(Utc)?Now|HttpContext");

    [Test]
    public void Doors_DoNotKnowEachOther()
    {
        string[] doors = ["Marketplace", "Licensee", "Admin"];
        foreach (var door in doors)
        {
            AssertNone(Sources("LicenseAuthority", door), $@"LicenseAuthority\.({string.Join('|', doors.Where(other => other != door))}|Storage)\b");
        }
    }

    [Test]
    public void CodesAndKeys_DoNotKnowDoorsOrStorage() => AssertNone(
        [.. Sources("LicenseAuthority", "Codes"), .. Sources("LicenseAuthority", "Keys")],
        @"LicenseAuthority\.(Storage|Marketplace|Admin|Licensee)\b|Microsoft\.Data|Dapper");

    [Test]
    public void OutboxAndWebhooks_DoNotKnowDoorsOrStorage_NorTheOutboxWhoUsesIt()
    {
        AssertNone(
            [.. Sources("LicenseAuthority", "Outbox"), .. Sources("LicenseAuthority", "Webhooks")],
            @"LicenseAuthority\.(Storage|Marketplace|Admin|Licensee)\b|Microsoft\.Data|Npgsql");
        AssertNone(Sources("LicenseAuthority", "Outbox"), @"LicenseAuthority\.Webhooks\b|System\.Net\b");
    }

    [Test]
    public void Sql_IsKnownInStorageOnly() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Storage") && !IsIn(path, "Stores")),
        @"Dapper|Microsoft\.Data|SQLitePCL|using Npgsql|\bSELECT\b.*\bFROM\b|\bINSERT INTO\b");

    [Test]
    public void Storage_KnowsNoFeature() => AssertNone(
        Sources("LicenseAuthority", "Storage"),
        @"LicenseAuthority\.(?!Storage\b)\w+;|Quartz");

    [Test]
    public void ResultCodes_AreKnownInMarketplaceOnly() => AssertNone(
        Sources("LicenseAuthority").Where(path => !IsIn(path, "Marketplace")), @"ResultCode|""00\d{4}""");

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
        string[] allowed = ["System.", "netstandard", "mscorlib", "BouncyCastle.Cryptography", "Microsoft.Bcl."];

        Assert.That(
            assembly.GetReferencedAssemblies().Select(reference => reference.Name!).Where(name => !allowed.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))),
            Is.Empty);
        AssertNone(
            Sources("LicenseAuthority.Client"),
            @"LicenseAuthority\.(Admin|Codes|Keys|Licensee|Licensing|Marketplace|Storage)\b|Microsoft\.AspNetCore|System\.Net\.Http|ProjectReference");
        Assert.That(File.ReadAllText(Repository.PathTo("LicenseAuthority.Client", "LicenseAuthority.Client.csproj")), Does.Not.Contain("ProjectReference"));
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

    private static bool IsIn(string path, string folder) => Relative(path).StartsWith(Path.Combine("LicenseAuthority", folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string Relative(string path) => Path.GetRelativePath(Repository.PathTo(), path);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
