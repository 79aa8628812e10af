using LicenseAuthority.Doors;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>
/// Finds the license of a code that a marketplace has handed out, or gets it: the one place that says how often, and what is answered where there is none. A code
/// that has its license here is as good as any code of that license, and nobody is asked for it. Thread-safe.
/// </summary>
internal sealed class MarketplaceCodeDoor(
    IMarketplaceCodes marketplaceCodes, ShownCodes codes, RefreshLimiter refreshes, UnknownMarketplaceCodeLimiter unknownCodes, LicenseeMetrics metrics)
{
    /// <summary>
    /// So many calls with limits wait for a marketplace at most, each of which has one of the door's places meanwhile: the others, on codes that are known here, must
    /// find one at once however slow a marketplace is. More than the 15 that are let go and wait for their turn while it answers well.
    /// </summary>
    public const int MostAsking = 24;

    private static readonly TimeSpan RetryAfterOthers = TimeSpan.FromSeconds(2);

    private int _asking;

    /// <summary>The text of a code that is no license code, as those have dots; null = it may be one. White space does not count.</summary>
    public static string? FindText(string shown)
    {
        var text = string.Concat(shown.Where(static character => character is not (' ' or '\t' or '\r' or '\n')));
        return text.Length > 0 && !text.Contains('.', StringComparison.Ordinal) ? text : null;
    }

    /// <summary>The license of a code; else a problem, and the headers that belong to it are set in the response.</summary>
    /// <param name="context">The call.</param>
    /// <param name="text">What <see cref="FindText"/> found.</param>
    /// <param name="product">The product that the software is.</param>
    /// <param name="where">Where it is shown: an operator has no limits.</param>
    /// <param name="cancellationToken">Ends the look-up, not an activation.</param>
    public async Task<(string? LicenseId, ProblemHttpResult? Problem)> FindLicenseAsync(
        HttpContext context, string text, string product, ShownIn where, CancellationToken cancellationToken)
    {
        if (MarketplaceCode.Read(text) is not { } code)
        {
            return (null, Problems.Create(
                StatusCodes.Status400BadRequest, "bad-code",
                "This is no code: a license code has three parts with dots between them, and a marketplace's code 1 to 64 letters, digits, '-' and '_'. Copy the whole code again."));
        }

        var isLimited = where != ShownIn.OperatorsBody;
        var here = await marketplaceCodes.FindAsync(code, cancellationToken);
        if (here.LicenseId is { } known)
        {
            return isLimited && !refreshes.TryEnter(known, device: null, out var retryAfter)
                ? (null, Refuse(context, "too_many_requests", StatusCodes.Status429TooManyRequests, "too-many-requests", "This license asks too often. Come again after the time in Retry-After.", retryAfter))
                : (known, null);
        }

        if (here.IsReleased)
        {
            return (null, Over(context));
        }

        var address = context.Connection.RemoteIpAddress;
        if (isLimited && unknownCodes.IsReached(address, out var rest))
        {
            return (null, Refuse(
                context, "too_many_requests", StatusCodes.Status429TooManyRequests, "too-many-requests",
                "From your address came too many codes that the marketplace does not know. Check the code, and come again after the time in Retry-After.", rest));
        }

        switch (await AskAsync(code, product, isLimited))
        {
            case CodeActivation.Licensed licensed:
                return (licensed.LicenseId, null);
            case CodeActivation.NotAsked:
                // As with any text that this authority cannot make anything of.
                var shown = await codes.JudgeAsync(context, text, where, cancellationToken);
                metrics.ActivationRefused(shown.Verdict);
                return (null, shown.Problem);
            case CodeActivation.Unknown unknown:
                if (isLimited && !unknown.IsRemembered)
                {
                    unknownCodes.TryEnter(address, out _);
                }

                return (null, Refuse(
                    context, "unknown_code", StatusCodes.Status404NotFound, "unknown-code",
                    "The marketplace does not know this code. Copy the whole code again from your order.", retryAfter: null));
            case CodeActivation.NotReceived notReceived:
                return (null, Refuse(
                    context, "code_not_received", StatusCodes.Status409Conflict, "code-not-received",
                    "The code was not received yet by who bought it: accept it at the marketplace first, then try again after the time in Retry-After.", notReceived.RetryAfter));
            case CodeActivation.NotSold:
                return (null, Refuse(
                    context, "product_unknown", StatusCodes.Status409Conflict, "product-unknown",
                    "The code is for a product that this vendor's authority does not know yet. The vendor was told; try again later with the same code.", retryAfter: null));
            case CodeActivation.TooBusy busy:
                return (null, Refuse(
                    context, "too_many_requests", StatusCodes.Status429TooManyRequests, "too-many-requests",
                    "Many codes are being activated at this moment. Come again after the time in Retry-After.", busy.RetryAfter));
            case CodeActivation.Unavailable unavailable:
                return (null, Refuse(
                    context, "marketplace_unavailable", StatusCodes.Status503ServiceUnavailable, "marketplace-unavailable",
                    "The marketplace does not say now what was bought with the code. Nothing is lost: try again with the same code after the time in Retry-After.",
                    unavailable.RetryAfter));
            default:
                return (null, Over(context));
        }
    }

    private async Task<CodeActivation> AskAsync(MarketplaceCode code, string product, bool isLimited)
    {
        if (!isLimited)
        {
            return await marketplaceCodes.ActivateAsync(code, product);
        }

        try
        {
            return Interlocked.Increment(ref _asking) <= MostAsking
                ? await marketplaceCodes.ActivateAsync(code, product)
                : new CodeActivation.TooBusy(RetryAfterOthers);
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
        }
    }

    private ProblemHttpResult Over(HttpContext context) => Refuse(
        context, "code_over", StatusCodes.Status410Gone, "code-over", "The code is over: its license expired for good, or was released or refunded. Buy a new one.", retryAfter: null);

    private ProblemHttpResult Refuse(HttpContext context, string outcome, int status, string code, string detail, TimeSpan? retryAfter)
    {
        metrics.ActivationRefused(outcome);
        if (retryAfter is { } wait)
        {
            context.Response.ComeAgainAfter(wait);
        }

        return Problems.Create(status, code, detail);
    }
}
