using System.Text.Json;
using LicenseAuthority.Client;

namespace LicenseAuthority.Simulation;

/// <summary>
/// Says what a license code is worth, by the verifier that ships in licensed software. Where nobody has said which root keys to trust, as with a service that
/// was started elsewhere, it sees only what needs none.
/// </summary>
/// <param name="rootLines">Of the service, as licensed software embeds them; none = it is not known whom to trust.</param>
/// <param name="time">The clock.</param>
internal sealed class CodeCheck(IReadOnlyList<string> rootLines, TimeProvider time)
{
    // Anybody's: a code of another authority is well formed, and signed by a key that this one has not certified.
    private const string SomeRoot = "la-root-1:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w";

    /// <summary>Whether a good code can be told from one that only looks like it.</summary>
    public bool CanTrust => rootLines.Count > 0;

    /// <summary>What a code must be.</summary>
    /// <param name="test">Whether it must say that it is a test.</param>
    /// <param name="endsAt">Its end, in whole seconds; null = it has none.</param>
    public string Expect(bool test, DateTimeOffset? endsAt) =>
        $"code {(CanTrust ? nameof(LicenseOutcome.Valid) : "well formed")}{(test ? ", a test" : "")}, {EndOf(endsAt)}";

    /// <summary>What a code is, in the same words.</summary>
    /// <param name="code">The code; null = there is none.</param>
    /// <param name="device">The fingerprint of the device that shows it; null = none.</param>
    public string Describe(string? code, string? device = null)
    {
        if (string.IsNullOrEmpty(code))
        {
            return "no code";
        }

        if (ReadClaims(code) is not { } claims)
        {
            return "code Malformed";
        }

        var (product, _, test, endsAt) = claims;
        var accepting = Verify(code, product, device, acceptTests: true);
        var outcome = !CanTrust && accepting == LicenseOutcome.UntrustedKey ? "well formed" : accepting.ToString();

        // What ships must refuse a test unless it is told otherwise.
        if (test && CanTrust && accepting == LicenseOutcome.Valid
            && Verify(code, product, device, acceptTests: false) is var strict && strict != LicenseOutcome.TestLicense)
        {
            outcome = $"{strict} where tests are refused";
        }

        return $"code {outcome}{(test ? ", a test" : "")}, {EndOf(endsAt)}";
    }

    /// <summary>The product that a code is for, as licensed software calls it; null = it is no code.</summary>
    public static string? ProductOf(string? code) => code is null ? null : ReadClaims(code)?.Product;

    /// <summary>The license of a code; null = it is no code.</summary>
    public static string? LicenseOf(string? code) => code is null ? null : ReadClaims(code)?.License;

    private static string EndOf(DateTimeOffset? endsAt) => endsAt is { } end ? "to " + Rfc3339.Seconds(end) : "for ever";

    private LicenseOutcome Verify(string code, string product, string? device, bool acceptTests)
    {
        var verifier = new LicenseVerifier(
            CanTrust ? rootLines : [SomeRoot], product, new LicenseVerifierOptions { TimeProvider = time, AcceptTestLicenses = acceptTests, CacheCodes = false });
        return (device is null ? verifier.Check(code) : verifier.Check(code, [device])).Outcome;
    }

    // As any JWT library would, so that a code is read where it cannot be trusted; null = it is none.
    private static (string Product, string License, bool Test, DateTimeOffset? EndsAt)? ReadClaims(string code)
    {
        try
        {
            using var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(code.Split('.')[1]));
            var root = claims.RootElement;
            return (
                root.GetProperty("aud").GetString()!,
                root.GetProperty("sub").GetString()!,
                root.TryGetProperty("test", out var test) && test.GetBoolean(),
                root.TryGetProperty("exp", out var end) ? DateTimeOffset.FromUnixTimeSeconds(end.GetInt64()) : null);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or IndexOutOfRangeException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
