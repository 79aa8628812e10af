using System.Reflection;
using System.Runtime.Loader;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The netstandard2.0 build of the client library, loaded beside the one that the tests are compiled with and called by reflection, through its
/// public API only. What it needs (BouncyCastle, System.Memory, TimeProvider) comes from where a host on this framework gets it.
/// </summary>
internal static class NetStandardVerifier
{
    private const string Namespace = "LicenseAuthority.Client.";

    private static readonly Lazy<Assembly> Library = new(() =>
    {
        var path = Repository.PathTo(
            "artifacts", "bin", "LicenseAuthority.Client", $"{Repository.Configuration}_netstandard2.0", "LicenseAuthority.Client.dll");
        return new AssemblyLoadContext("netstandard2.0").LoadFromAssemblyPath(path);
    });

    public static string TargetFramework =>
        Library.Value.GetCustomAttribute<System.Runtime.Versioning.TargetFrameworkAttribute>()!.FrameworkName;

    /// <summary>Checks a code; returns the outcome's name, and both texts in both languages so that these run too.</summary>
    public static (string Outcome, string Texts) Check(TestVector vector)
    {
        var options = Activator.CreateInstance(Type("LicenseVerifierOptions"))!;
        options.GetType().GetProperty("TimeProvider")!.SetValue(options, new StoppedClock(vector.Now));
        var verifier = Type("LicenseVerifier")
            .GetConstructor([typeof(IEnumerable<string>), typeof(string), options.GetType()])!
            .Invoke([vector.Roots, vector.Product, options]);
        var check = verifier.GetType()
            .GetMethod("Check", [typeof(string), typeof(IEnumerable<string>)])!
            .Invoke(verifier, [vector.Code, vector.Fingerprints])!;
        var texts = from method in (string[])["GetEvidence", "GetAdvice"]
                    from language in Enum.GetValues(Type("LicenseLanguage")).Cast<object>()
                    select (string)check.GetType().GetMethod(method)!.Invoke(check, [language])!;
        return (check.GetType().GetProperty("Outcome")!.GetValue(check)!.ToString()!, string.Join('\n', texts));
    }

    private static Type Type(string name) => Library.Value.GetType(Namespace + name, throwOnError: true)!;
}
