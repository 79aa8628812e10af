using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Licenses that differ from what the marketplace says of their codes.</summary>
internal static class DriftEndpoints
{
    private const string Dismiss = "dismissDrift";

    /// <summary>Maps <c>/marketplace/drift</c> below the group.</summary>
    public static void MapDrift(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/marketplace/drift", ListAsync);
        admin.MapPost("/marketplace/drift/{licenseId}/dismiss", DismissAsync);
    }

    private static async Task<Results<Ok<Page<DriftItem>>, ProblemHttpResult>> ListAsync(
        HttpRequest request, IMarketplaceCodeStore codes, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request);
        var before = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var now = time.GetUtcNow();
        var found = await codes.ListDriftAsync(before, query.Limit + 1, cancellationToken);
        return TypedResults.Ok(query.PageOf(found, static drift => drift.License.Id, drift => DriftItem.From(drift, now)));
    }

    private static async Task<Results<Ok<DriftItem>, ProblemHttpResult>> DismissAsync(
        string licenseId, HttpContext context, GuessedLicenses guesses, AdminMetrics metrics, TimeProvider time, CancellationToken cancellationToken)
    {
        var (reason, problem) = await ReasonBody.ReadAsync(context.Request, required: true, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        var (outcome, drift) = await guesses.DismissAsync(licenseId, new CallSource(Actor.Of(context), Dismiss), reason!);
        switch (outcome)
        {
            case GuessDismissal.NoDrift:
                metrics.NotFound(Dismiss);
                return Problems.Create(
                    StatusCodes.Status404NotFound, "drift-not-found", "No license with this id differs from what the marketplace says: GET /admin/v1/marketplace/drift lists those that do.");
            case GuessDismissal.NoGuess:
                metrics.Refused(Dismiss);
                return Problems.Create(
                    StatusCodes.Status409Conflict, "not-applicable",
                    "The license differs from what the marketplace says of its code, and goes on to until one of the two has changed. Only what was guessed can be dismissed.");
            default:
                metrics.Applied(Dismiss);
                return TypedResults.Ok(DriftItem.From(drift!, time.GetUtcNow()));
        }
    }
}

/// <summary>A license that differs, as the admin door shows it.</summary>
internal sealed record DriftItem(string LicenseId, string Account, OurSideItem Ours, TheirSideItem Theirs, DateTimeOffset Since, bool Guessed)
{
    /// <summary>Translates one, as if it were settled.</summary>
    public static DriftItem From(CodeDrift drift, DateTimeOffset now)
    {
        var license = LicenseLifecycle.Settle(drift.License, now).After;
        return new DriftItem(
            license.Id, license.Account, new OurSideItem(license.RecordedState.ToWord(), license.ExpiresAt),
            new TheirSideItem(drift.Theirs.Status.ToString().ToUpperInvariant(), drift.Theirs.ExpiresAt), drift.Since, drift.IsGuessed);
    }
}

/// <summary>The license here.</summary>
internal sealed record OurSideItem(string State, DateTimeOffset? ExpiresAt);

/// <summary>What the marketplace says, in its word.</summary>
internal sealed record TheirSideItem(string Status, DateTimeOffset? ExpireTime);
