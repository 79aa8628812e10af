using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Licenses that differ from what the marketplace says of their codes.</summary>
internal static class DriftEndpoints
{
    /// <summary>Maps <c>/marketplace/drift</c> below the group.</summary>
    public static void MapDrift(this IEndpointRouteBuilder admin) => admin.MapGet("/marketplace/drift", ListAsync);

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
}

/// <summary>A license that differs, as the admin door shows it.</summary>
internal sealed record DriftItem(string LicenseId, string Account, OurSideItem Ours, TheirSideItem Theirs, DateTimeOffset Since)
{
    /// <summary>Translates one, as if it were settled.</summary>
    public static DriftItem From(CodeDrift drift, DateTimeOffset now)
    {
        var license = LicenseLifecycle.Settle(drift.License, now).After;
        return new DriftItem(
            license.Id, license.Account, new OurSideItem(license.RecordedState.ToWord(), license.ExpiresAt),
            new TheirSideItem(drift.Theirs.Status.ToString().ToUpperInvariant(), drift.Theirs.ExpiresAt), drift.Since);
    }
}

/// <summary>The license here.</summary>
internal sealed record OurSideItem(string State, DateTimeOffset? ExpiresAt);

/// <summary>What the marketplace says, in its word.</summary>
internal sealed record TheirSideItem(string Status, DateTimeOffset? ExpireTime);
