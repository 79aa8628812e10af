using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Codes;
using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;
using LicenseAuthority.Mark;

namespace LicenseAuthority.Licensee;

/// <summary>
/// Judges the code that somebody shows, and how often: the one place that says whether it was issued here. A code proves who asks, not that the license is in
/// force: an expired, a replaced one and one of a revoked key serve as well. Its signature is not looked at; its text must be the one that was issued. Thread-safe.
/// </summary>
internal sealed class ShownCodes(ILicenseQueries queries, LostCodes lostCodes, RefreshLimiter refreshes, UnknownCodeLimiter unknownCodes)
{
    private const string Scheme = "Bearer ";

    // What a marketplace hands out, which is short and has no dots.
    private const int LongestMarketplaceCode = 64;

    /// <summary>The code in the header Authorization; null when there is none.</summary>
    public static string? InHeader(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..] : null;
    }

    /// <summary>Whether a text looks like what a marketplace hands out instead of a license code.</summary>
    public static bool IsMarketplaceCode(string? shown) =>
        shown?.Trim() is { Length: > 0 and <= LongestMarketplaceCode } text
        && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');

    /// <summary>Judges a code. Where it is a problem, the headers that belong to the answer are set in the response.</summary>
    /// <param name="context">The call.</param>
    /// <param name="shown">The text, as licensed software reads it: white space inside does not count, and what is too long is not looked at. Null = none.</param>
    /// <param name="where">Where it is shown.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<ShownCode> JudgeAsync(HttpContext context, string? shown, ShownIn where, CancellationToken cancellationToken)
    {
        var isLimited = where != ShownIn.OperatorsBody;
        var code = CodeText.Read(shown, out _);
        var number = code is null ? null : CodeNumber.Read(code);
        if (number is not null && await FindAsync(code!, number.Value, cancellationToken) is { } issued)
        {
            return isLimited && !refreshes.TryEnter(number.Value.LicenseId, issued.Device, out var retryAfter)
                ? TooOften(context, retryAfter, "This license asks too often. Come again after the time in Retry-After.")
                : new ShownCode(ShownVerdict.Known, new KnownCode(code!, issued), null);
        }

        // Before a signature is looked at, which costs more than all the rest: who guesses does not get that for each guess.
        if (isLimited && unknownCodes.IsReached(context.Connection.RemoteIpAddress, out var rest))
        {
            return TooManyUnknown(context, rest);
        }

        if (number is not null && await lostCodes.IsLostAsync(code!))
        {
            // Each lost code by itself: which binding it had is not known any more.
            var binding = number.Value.Generation.ToString(CultureInfo.InvariantCulture);
            if (isLimited && !refreshes.TryEnter(number.Value.LicenseId, binding, out var retryAfter))
            {
                return TooOften(context, retryAfter, "This code is shown too often. Come again after the time in Retry-After.");
            }

            await lostCodes.KeepAsync(number.Value);
            return new ShownCode(ShownVerdict.Restored, null, Problems.Create(
                StatusCodes.Status409Conflict, "restored",
                "This authority issued the code, and was restored from a backup since, which does not know it. Go on with the code; the vendor was told."));
        }

        if (isLimited && !unknownCodes.TryEnter(context.Connection.RemoteIpAddress, out var wait))
        {
            return TooManyUnknown(context, wait);
        }

        return Unknown(context, shown, where);
    }

    // By its exact text but for white space, whatever its signature.
    private async ValueTask<IssuedCode?> FindAsync(CodeText code, CodeNumber number, CancellationToken cancellationToken) =>
        await queries.FindByCodeAsync(number.LicenseId, number.Generation, cancellationToken) is { } issued
        && CryptographicOperations.FixedTimeEquals(issued.Sha256, SHA256.HashData(Encoding.ASCII.GetBytes(code.Text)))
            ? issued
            : null;

    // One answer for all that we did not issue.
    private static ShownCode Unknown(HttpContext context, string? shown, ShownIn where)
    {
        if (where != ShownIn.Header && IsMarketplaceCode(shown))
        {
            return new ShownCode(ShownVerdict.Unknown, null, Problems.Create(
                StatusCodes.Status404NotFound, "unknown-code",
                "This is no license code: one has three parts with dots between them. If it is the code that a marketplace gave you, this authority does not know it."));
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return new ShownCode(ShownVerdict.Unknown, null, Problems.Create(
            StatusCodes.Status401Unauthorized, "unknown-code",
            $"Send a license code that this authority issued, exactly as it was issued{(where == ShownIn.Header ? ": Authorization: Bearer <code>" : "")}."));
    }

    private static ShownCode TooManyUnknown(HttpContext context, TimeSpan retryAfter) => TooOften(
        context, retryAfter, "From your address came too many codes that this authority did not issue. Check the code, and come again after the time in Retry-After.");

    private static ShownCode TooOften(HttpContext context, TimeSpan retryAfter, string detail)
    {
        context.Response.ComeAgainAfter(retryAfter);
        return new ShownCode(ShownVerdict.TooOften, null, Problems.Create(StatusCodes.Status429TooManyRequests, "too-many-requests", detail));
    }
}
