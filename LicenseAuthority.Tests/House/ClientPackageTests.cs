using System.Reflection;
using System.Reflection.PortableExecutable;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>What the assemblies of the client package must be, on each framework. That two builds give the same bytes, <c>.ci/same-bytes</c> shows.</summary>
internal sealed class ClientPackageTests
{
    // A signed .NET Framework program cannot refer to an assembly without a strong name, and the name must stay the same in every version.
    [Test]
    public void Assembly_HasTheStrongName([Values("netstandard2.0", "net10.0")] string framework) => Assert.That(
        Convert.ToHexStringLower(AssemblyName.GetAssemblyName(PathOf(framework)).GetPublicKeyToken()!), Is.EqualTo("a640d7fb6808baff"));

    // Types that were written in another order each time made other bytes of the same sources; "deterministic" alone did not help.
    [Test]
    public void Assembly_IsDeterministicAndMadeWithoutASourceGenerator([Values("netstandard2.0", "net10.0")] string framework)
    {
        using var file = new PEReader(File.OpenRead(PathOf(framework)));

        Assert.That(file.ReadDebugDirectory().Select(entry => entry.Type), Does.Contain(DebugDirectoryEntryType.Reproducible));
        Assert.That(
            File.ReadAllText(Repository.PathTo("LicenseAuthority.Client", "LicenseAuthority.Client.csproj")), Does.Not.Contain("PolySharp").IgnoreCase);
    }

    private static string PathOf(string framework) => Repository.PathTo(
        "artifacts", "bin", "LicenseAuthority.Client", $"{Repository.Configuration}_{framework}", "LicenseAuthority.Client.dll");
}
