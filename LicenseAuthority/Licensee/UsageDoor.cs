using LicenseAuthority.Doors;
using LicenseAuthority.Marketplaces.Usage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>Licensed software tells of its use. Any code of the license serves.</summary>
internal static class UsageDoor
{
    /// <summary>Maps it.</summary>
    public static void MapUsage(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/licensee/v1/usage", RecordAsync).RequireRateLimiting(LicenseeApi.Door).RefuseSlowBodies();

    private static async Task<IResult> RecordAsync(
        HttpContext context, ShownCodes codes, UsageRecorder recorder, LicenseeMetrics metrics, TimeProvider time, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var (entry, badBody) = await UsageEntryBody.ReadAsync(context.Request, cancellationToken);
        if (entry is null)
        {
            return badBody!;
        }

        var shown = await codes.JudgeAsync(context, ShownCodes.InHeader(context.Request), ShownIn.Header, cancellationToken);
        if (shown.Known is not { } known)
        {
            metrics.UsageRefused(shown.Verdict);
            return shown.Problem!;
        }

        var outcome = await recorder.RecordAsync(known.License, entry, cancellationToken);
        metrics.Usage(outcome);
        switch (outcome)
        {
            case UsageOutcome.Accepted or UsageOutcome.AcceptedTest:
                return TypedResults.StatusCode(StatusCodes.Status202Accepted);
            case UsageOutcome.TooManyIds:
                context.Response.ComeAgainAfter(recorder.DayEndsAt - time.GetUtcNow());
                break;
        }

        return ProblemOf(outcome);
    }

    private static ProblemHttpResult ProblemOf(UsageOutcome outcome) => outcome switch
    {
        UsageOutcome.NotWanted => Problems.Create(
            StatusCodes.Status403Forbidden, "usage-disabled",
            "The vendor's authority does not take this of the product: the product's setting Usage says whether it takes activeNum (Count), ids (Ids), or nothing."),
        UsageOutcome.NoMarketplaceCode => Problems.Create(
            StatusCodes.Status409Conflict, "no-marketplace-code", "The license was not bought with a marketplace's code, so there is nobody to report its use to."),
        UsageOutcome.Over => Problems.Create(StatusCodes.Status410Gone, "code-over", "The license is over: it was released or revoked. Its use is not reported any more."),
        _ => Problems.Create(
            StatusCodes.Status429TooManyRequests, "too-many-requests",
            FormattableString.Invariant($"The license has had {UsageRecorder.MostIds} different ids today, and no more are taken. Come again after the time in Retry-After.")),
    };
}
