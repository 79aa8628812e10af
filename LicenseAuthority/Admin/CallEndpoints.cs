using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The journal of calls between marketplaces and this authority.</summary>
internal static class CallEndpoints
{
    /// <summary>Maps <c>/marketplace/calls</c> below the group.</summary>
    public static void MapCalls(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/marketplace/calls", ListAsync);
        admin.MapGet("/marketplace/calls/{id}", GetAsync);
    }

    private static async Task<Results<Ok<Page<CallItem>>, ProblemHttpResult>> ListAsync(HttpRequest request, ICallStore calls, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request, "account", "direction", "activity", "resultCode", "orderId", "instanceId", "from", "to");
        var filter = new CallFilter(
            query.Text("account"),
            query.Word<CallDirection>("direction", CallWords.Directions.WordOf),
            query.Text("activity"),
            query.Text("resultCode"),
            query.Text("orderId"),
            query.Text("instanceId"),
            query.Instant("from"),
            query.Instant("to"));
        var before = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var found = await calls.ListAsync(filter, before, query.Limit + 1, cancellationToken);
        return TypedResults.Ok(query.PageOf(found, static call => call.Id, CallItem.From));
    }

    private static async Task<Results<Ok<CallItem>, ProblemHttpResult>> GetAsync(string id, ICallStore calls, CancellationToken cancellationToken) =>
        await calls.FindAsync(id, cancellationToken) is { } call ? TypedResults.Ok(CallItem.From(call)) : NotFound();

    private static ProblemHttpResult NotFound() => Problems.Create(
        StatusCodes.Status404NotFound,
        "call-not-found",
        "There is no call with this id. Ids look like call_01JD5V5ZQ8W3M9X7K2T4R6Y8AB; a call is listed about a second after it ended, and old ones are deleted after a time (Marketplace:KeepCalls).");
}
