using System.Reflection;
using System.Runtime.Loader;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The netstandard2.0 build of the client library, loaded beside the one that the tests are compiled with and called by reflection, through its
/// public API only. BouncyCastle comes from where a host on this framework gets it.
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

    /// <summary>Judges a vector; returns the outcome's name, and all texts in both languages so that these run too.</summary>
    public static (string Outcome, string Texts) Check(TestVector vector)
    {
        var options = Activator.CreateInstance(Type("LicenseVerifierOptions"))!;
        foreach (var name in (string[])["UtcNow", "RequireStatus", "RequireDevice", "MaxStatusAge", "MinimumKeySerial"])
        {
            options.GetType().GetProperty(name)!.SetValue(options, typeof(LicenseVerifierOptions).GetProperty(name)!.GetValue(vector.Options));
        }

        var verifier = Type("LicenseVerifier")
            .GetConstructor([typeof(IEnumerable<string>), typeof(string), options.GetType()])!
            .Invoke([vector.Roots, vector.Product, options]);
        var (code, token) = vector.Kind == TestVectorKind.StatusList ? (null, vector.Text) : ((string?)vector.Text, vector.GivenList);
        if (vector.Kind == TestVectorKind.LicenseFile)
        {
            var file = Type("LicenseFile").GetMethod("Parse")!.Invoke(null, [vector.Text])!;
            code = (string?)file.GetType().GetMethod("GetCode")!.Invoke(file, []);
            token = (string?)file.GetType().GetMethod("GetStatusList")!.Invoke(file, []);
        }

        var list = verifier.GetType().GetMethod("CheckStatusList")!.Invoke(verifier, [token])!;
        if (vector.Kind == TestVectorKind.StatusList)
        {
            return (Outcome(list), Texts(list, "GetEvidence"));
        }

        var check = verifier.GetType()
            .GetMethod("Check", [typeof(string), Type("LicenseStatusList"), typeof(IEnumerable<string>)])!
            .Invoke(verifier, [code, list.GetType().GetProperty("List")!.GetValue(list), vector.Fingerprints])!;
        return (Outcome(check), Texts(check, "GetEvidence", "GetAdvice", "GetReport"));
    }

    /// <summary>A run of a program with a guard: installs each text, in a folder, and says the outcome at its end.</summary>
    public static string RunGuard(string directory, TimeProvider time, params string[] texts)
    {
        var options = Activator.CreateInstance(Type("LicenseGuardOptions"), TestCodes.Product, (string[])[TestCodes.RootLine()])!;
        options.GetType().GetProperty("StoreDirectory")!.SetValue(options, directory);
        options.GetType().GetProperty("Online")!.SetValue(options, false);
        var verifier = options.GetType().GetProperty("Verifier")!.GetValue(options)!;
        verifier.GetType().GetProperty("UtcNow")!.SetValue(verifier, (Func<DateTimeOffset>)time.GetUtcNow);
        using var guard = (IDisposable)Type("LicenseGuard").GetMethod("Open")!.Invoke(null, [options])!;
        foreach (var text in texts)
        {
            guard.GetType().GetMethod("Install")!.Invoke(guard, [text]);
        }

        return Outcome(guard.GetType().GetProperty("Current")!.GetValue(guard)!);
    }

    /// <summary>What identifies this machine, with a store in a folder.</summary>
    public static IReadOnlyList<string> CollectFingerprint(string directory)
    {
        var store = Type("LicenseStore").GetMethod("InFolder")!.Invoke(null, [directory])!;
        var fingerprint = Type("DeviceFingerprint").GetMethod("Collect", [typeof(string), Type("LicenseStore")])!.Invoke(null, [TestCodes.Product, store])!;
        return (IReadOnlyList<string>)fingerprint.GetType().GetProperty("Values")!.GetValue(fingerprint)!;
    }

    private static string Texts(object check, params string[] methods) => string.Join('\n',
        from method in methods
        from language in Enum.GetValues(Type("LicenseLanguage")).Cast<object>()
        select (string)check.GetType().GetMethod(method)!.Invoke(check, [language])!);

    private static string Outcome(object check) => check.GetType().GetProperty("Outcome")!.GetValue(check)!.ToString()!;

    private static Type Type(string name) => Library.Value.GetType(Namespace + name, throwOnError: true)!;
}
