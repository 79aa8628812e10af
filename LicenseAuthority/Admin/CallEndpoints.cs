using LicenseAuthority.Marketplaces;
using LicenseAuthority.Outbox;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The journal of calls between marketplaces and this authority.</summary>
internal static class CallEndpoints
{
    private const string Resend = "resend";

    /// <summary>Maps <c>/marketplace/calls</c> below the group.</summary>
    public static void MapCalls(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/marketplace/calls", ListAsync);
        admin.MapGet("/marketplace/calls/{id}", GetAsync);
        admin.MapPost("/marketplace/calls/{id}/resend", ResendAsync);
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

    // Through the outbox, which tries until it arrives; each try is a call of its own in the journal.
    private static async Task<Results<Accepted<CallItem>, ProblemHttpResult>> ResendAsync(
        string id, ICallStore calls, IOutboxStore outbox, OutboxSignal signal, AdminMetrics metrics, TimeProvider time)
    {
        if (await calls.FindAsync(id, CancellationToken.None) is not { } call)
        {
            metrics.NotFound(Resend);
            return NotFound();
        }

        if (call.MessageId is not { } messageId)
        {
            metrics.Refused(Resend);
            return Problems.Create(
                StatusCodes.Status409Conflict, "not-resendable", $"Only an upload can be sent again, and {call.Activity} is none. The marketplace repeats its own calls: restart it in the seller centre.");
        }

        if (await outbox.ResendAsync(LicenseUploads.DestinationKind, call.Account, messageId, time.GetUtcNow(), CancellationToken.None) is null)
        {
            metrics.Refused(Resend);
            return Problems.Create(
                StatusCodes.Status409Conflict, "not-resendable", "What was uploaded is not kept any more: what arrived is deleted after a time (Outbox:KeepDelivered).");
        }

        signal.Wake();
        metrics.Applied(Resend);
        return TypedResults.Accepted((string?)null, CallItem.From(call));
    }

    private static ProblemHttpResult NotFound() => Problems.Create(
        StatusCodes.Status404NotFound,
        "call-not-found",
        "There is no call with this id. Ids look like call_01JD5V5ZQ8W3M9X7K2T4R6Y8AB; a call is listed about a second after it ended, and old ones are deleted after a time (Marketplace:KeepCalls).");
}
