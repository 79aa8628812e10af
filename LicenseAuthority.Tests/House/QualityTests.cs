using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>Habits of this house that a program can check.</summary>
internal sealed class QualityTests
{
    private static readonly Assembly[] Assemblies =
        [typeof(AuthorityHost).Assembly, typeof(LicenseAuthority.Client.LicenseVerifier).Assembly, typeof(QualityTests).Assembly];

    // An exception in one ends the process, and nobody can wait for it.
    [Test]
    public void Methods_AreNeverAsyncVoid([ValueSource(nameof(Assemblies))] Assembly assembly)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var found = from type in assembly.GetTypes()
                    from method in type.GetMethods(All)
                    where method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute))
                    select $"{type}.{method.Name}";

        Assert.That(found, Is.Empty);
    }

    // A factory of the container that waits holds a thread, in whatever order somebody asks: what has to be waited for is a step of AuthorityHost.
    [Test]
    public void SetUps_WaitForNothingSynchronously()
    {
        string[] waits = [".GetResult()", ".Wait(", ".Result;"];
        var found = SourceFiles.In("LicenseAuthority")
            .Where(path => path.EndsWith("Services.cs", StringComparison.Ordinal) || Path.GetFileName(path) is "Program.cs" or "AuthorityHost.cs")
            .SelectMany(path => File.ReadLines(path)
                .Where(line => waits.Any(wait => line.Contains(wait, StringComparison.Ordinal)))
                .Select(line => $"{Path.GetFileName(path)}: {line.Trim()}"));

        Assert.That(found, Is.Empty);
    }

    // It stood in seven places.
    [Test]
    public void Instants_AreWrittenInOnePlace()
    {
        var found = SourceFiles.In("LicenseAuthority")
            .Where(path => Path.GetFileName(path) != "Rfc3339.cs" && File.ReadAllText(path).Contains("'T'HH:mm:ss'Z'", StringComparison.Ordinal))
            .Concat(SourceFiles.In("LicenseAuthority")
                .Where(path => Path.GetFileName(path) != "Rfc3339.cs" && File.ReadAllText(path).Contains(".FFF'Z'", StringComparison.Ordinal)))
            .Select(Path.GetFileName);

        Assert.That(found, Is.Empty);
    }

    // Such names say nothing, so everything ends up there.
    [Test]
    public void Files_HaveNamesThatSaySomething()
    {
        string[] empty = ["Utils", "Util", "Utilities", "Helpers", "Helper", "Common", "Manager", "Misc", "Extensions"];
        var found = SourceFiles.In()
            .Select(path => Path.GetRelativePath(Repository.PathTo(), path))
            .Where(path => Path.ChangeExtension(path, null).Split(Path.DirectorySeparatorChar)
                .Any(part => empty.Any(name => part.EndsWith(name, StringComparison.Ordinal))));

        Assert.That(found, Is.Empty);
    }

    // An array in the file would be merged with the one from the environment, entry by entry: a product or a key that nobody configured.
    [Test]
    public void Settings_OfTheProduct_HoldNoProductsAndNoSecrets()
    {
        foreach (var path in Directory.GetFiles(Repository.PathTo("LicenseAuthority"), "appsettings*.json"))
        {
            using var settings = JsonDocument.Parse(File.ReadAllBytes(path));
            var names = Names(settings.RootElement).ToList();

            Assert.That(names, Does.Not.Contain("Products").And.Not.Contain("AccessKeys").And.Not.Contain("Passphrase").And.Not.Contain("BootstrapApiKey"), path);
        }
    }

    // What the service reads and what the file shows are the same settings.
    [Test]
    public void Settings_OfTheProduct_AreTheOnesThatTheServiceKnows()
    {
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Repository.PathTo("LicenseAuthority", "appsettings.json")));

        Assert.That(
            settings.RootElement.EnumerateObject().Select(member => member.Name),
            Is.SubsetOf(["PublicUrl", "Storage", "Keys", "Marketplace", "Licensee", "Admin", "Expiry", "Telemetry", "Logging"]));
    }

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().SelectMany(member => Names(member.Value).Prepend(member.Name))
        : [];
}
