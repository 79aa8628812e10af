using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.StatusLists;

namespace LicenseAuthority.Mark;

/// <summary>Tells a code that this authority issued, and that a restored database has lost, from one that it never issued. Thread-safe.</summary>
internal sealed class LostCodes(RestoreWatch watch, IRestoreStore store, IStatusListStore lists, LiveKeys keys, PublicUrl publicUrl, TimeProvider time)
{
    /// <summary>Of so many licenses an entry is kept for the operator.</summary>
    public const int MostKept = 10_000;

    // Licensed software's own, which decides here what is genuine. The roots never change while the service runs.
    private readonly LicenseVerifier _verifier = new(
        keys.Ring.RootLines, productId: "any", new LicenseVerifierOptions { TimeProvider = time, AcceptTestLicenses = true, CacheCodes = false });

    /// <summary>Keeps an entry for the license of a code that was lost, for the operator.</summary>
    /// <param name="number">The number that the code says.</param>
    public Task KeepAsync(CodeNumber number) => store.KeepMissingAsync(
        number.LicenseId,
        FormattableString.Invariant($"software shows the code {number.Generation} of {number.LicenseId}, which this authority issued and the restored database does not know: issue the license anew, or restore a newer backup"),
        MostKept);

    /// <summary>Whether a code that the database does not know, by its number or by its text under this number, was lost.</summary>
    public async ValueTask<bool> IsLostAsync(CodeText code) => FindIssuer(code) is { } issuer && await IsOursAsync(issuer);

    // What the clock says of a code does not matter here, nor for which device it was made.
    private string? FindIssuer(CodeText code)
    {
        if (code.ReadPayload(out _) is not { } payload)
        {
            return null;
        }

        var claims = new MemberReader(payload, CodePart.Payload);
        var issuer = claims.OptionalText("iss");
        var product = claims.OptionalText("aud");
        var issuedAt = claims.OptionalInstant("iat");
        var isGenuine = claims.Fault is null && product is not null && issuedAt is { } at
            && watch.MayHaveLost(at)
            && _verifier.CheckIssued(code.Text, product, deviceIds: []).Outcome is not (
                LicenseOutcome.Malformed or LicenseOutcome.BadSignature or LicenseOutcome.UntrustedKey or LicenseOutcome.WrongProduct);
        return isGenuine ? issuer : null;
    }

    // Also by an address of before: its lists stay under it.
    private async Task<bool> IsOursAsync(string issuer) => issuer == publicUrl.Text
        || (await lists.ListHeadsAsync(CancellationToken.None)).Any(head => head.Uri == PublicUrl.StatusListUri(issuer, head.List));
}
