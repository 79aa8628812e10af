using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>A vector as it is made from fixed seeds: by default at <see cref="TestCodes.Now"/>, with the first root and without any fingerprint.</summary>
internal sealed record NamedVector(string Name, string Comment, TestVector Vector)
{
    /// <summary>A license code, by itself.</summary>
    public static NamedVector Code(
        string name, string comment, LicenseOutcome expect, TestCodes code, long now = TestCodes.Now, byte[]? roots = null, string[]? fingerprints = null,
        Func<string, string>? change = null, uint minimumSerial = 0, bool isStrictJson = false)
    {
        var text = code.Build();
        var vector = Of(expect, change?.Invoke(text) ?? text, now, roots, fingerprints);
        return new NamedVector(name, comment, vector with { MinimumSerial = minimumSerial, IsStrictJson = isStrictJson });
    }

    /// <summary>A license code that is judged by a list, or by none.</summary>
    public static NamedVector Listed(
        string name, string comment, LicenseOutcome expect, TestCodes? list, TestCodes? code = null, long now = TestCodes.Now, bool requireStatus = false,
        long? maxAge = null, uint minimumSerial = 0)
    {
        var vector = Of(expect, (code ?? TestCodes.Valid()).Build(), now);
        return new NamedVector(name, comment, vector with
        {
            GivenList = list?.Build(), RequireStatus = requireStatus, MaxStatusAge = maxAge is { } age ? TimeSpan.FromSeconds(age) : null, MinimumSerial = minimumSerial,
        });
    }

    /// <summary>A license code where the host demands one that is bound; the device has the fingerprint "board".</summary>
    public static NamedVector DeviceRequired(string name, string comment, LicenseOutcome expect, TestCodes code) =>
        new(name, comment, Of(expect, code.Build(), fingerprints: ["board"]) with { RequireDevice = true });

    /// <summary>A status list by itself.</summary>
    public static NamedVector List(
        string name, string comment, LicenseOutcome expect, TestCodes list, long now = TestCodes.Now, byte[]? roots = null, Func<string, string>? change = null,
        uint minimumSerial = 0, bool isStrictJson = false)
    {
        var text = list.Build();
        var vector = Of(expect, change?.Invoke(text) ?? text, now, roots);
        return new NamedVector(name, comment, vector with { Kind = TestVectorKind.StatusList, MinimumSerial = minimumSerial, IsStrictJson = isStrictJson });
    }

    /// <summary>A license file.</summary>
    public static NamedVector InFile(
        string name, string comment, LicenseOutcome expect, string file, long now = TestCodes.Now, string[]? fingerprints = null, bool requireStatus = false) =>
        new(name, comment, Of(expect, file, now, fingerprints: fingerprints) with { Kind = TestVectorKind.LicenseFile, RequireStatus = requireStatus });

    private static TestVector Of(LicenseOutcome expect, string text, long now = TestCodes.Now, byte[]? roots = null, string[]? fingerprints = null) => new(
        expect, DateTimeOffset.FromUnixTimeSeconds(now), TestCodes.Product, [.. (roots ?? [TestCodes.RootSeed]).Select(TestCodes.RootLine)], fingerprints ?? [], text);
}
