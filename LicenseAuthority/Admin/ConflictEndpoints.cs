using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.PendingOrders;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Conflicts and unserved orders: list, and an operator's decision.</summary>
internal static class ConflictEndpoints
{
    /// <summary>Maps <c>/conflicts</c> below the group.</summary>
    public static void MapConflicts(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/conflicts", ListAsync);
        Map(admin, "apply", ConflictStatus.Applied);
        Map(admin, "dismiss", ConflictStatus.Dismissed);
    }

    // Open ones unless told otherwise: that is the operator's list of things to do.
    private static async Task<Results<Ok<Page<ConflictItem>>, ProblemHttpResult>> ListAsync(
        HttpRequest request, ILicenseQueries queries, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request, "kind", "status", "test");
        var kind = query.Word<ConflictKind>("kind", LicenseWords.ToWord);
        var status = query.Word<ConflictStatus>("status", LicenseWords.ToWord) ?? ConflictStatus.Open;
        var testOrders = query.Flag("test");
        var before = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var records = await queries.ListConflictsAsync(kind, status, testOrders, before, query.Limit + 1, cancellationToken);
        return TypedResults.Ok(query.PageOf(records, static record => record.Conflict.Id, ConflictItem.From));
    }

    private static void Map(IEndpointRouteBuilder admin, string command, ConflictStatus status) =>
        admin.MapPost("/conflicts/{id}/" + command, async Task<Results<Ok<ConflictItem>, ProblemHttpResult>> (
            string id, HttpContext context, ConflictResolver conflicts, AdminMetrics metrics, CancellationToken cancellationToken) =>
        {
            var (reason, problem) = await ReasonBody.ReadAsync(context.Request, required: false, cancellationToken);
            if (problem is not null)
            {
                return problem;
            }

            var result = await conflicts.ResolveAsync(new ResolveConflict(id, status, Actor.Of(context), reason), CancellationToken.None);
            switch (result.Outcome)
            {
                case CommandOutcome.NotFound:
                    metrics.NotFound(command);
                    return Problems.Create(
                        StatusCodes.Status404NotFound, "conflict-not-found", "There is no conflict with this id. Ids look like cft_01JD5V5ZQ8W3M9X7K2T4R6Y8AB.");
                case CommandOutcome.Refused:
                    metrics.Refused(command);
                    return Problems.Create(StatusCodes.Status409Conflict, "state-does-not-allow", result.Reason!);
                case CommandOutcome.NotApplicable:
                    metrics.Refused(command);
                    return Problems.Create(StatusCodes.Status409Conflict, "not-applicable", result.Reason!);
                default:
                    metrics.Applied(command);
                    return TypedResults.Ok(ConflictItem.From(result.Conflict!));
            }
        });
}
