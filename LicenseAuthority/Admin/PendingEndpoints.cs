using LicenseAuthority.Licensing.PendingOrders;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Orders that have an instance id and no license yet.</summary>
internal static class PendingEndpoints
{
    /// <summary>Maps <c>/marketplace/pending</c> below the group.</summary>
    public static void MapPending(this IEndpointRouteBuilder admin) => admin.MapGet("/marketplace/pending", ListAsync);

    /// <summary>The answer where an order has the id, and no license: not yet, or for good.</summary>
    public static ProblemHttpResult ProblemOf(PendingOrder order) => order.End switch
    {
        null => Problems.Create(
            StatusCodes.Status404NotFound,
            "license-pending",
            $"The order {order.Key.OrderId} has had this instance id since {Rfc3339.Milliseconds(order.Since)}, and no license yet: "
            + $"{order.LastError ?? "it is being asked for"}. GET /admin/v1/marketplace/pending has all that wait.",
            new("since", order.Since),
            new("lastError", order.LastError)),
        PendingOrderEnd.Released => Ended(order, "the marketplace released the instance"),
        _ => Ended(order, "the marketplace took the order back"),
    };

    private static ProblemHttpResult Ended(PendingOrder order, string how) => Problems.Create(
        StatusCodes.Status404NotFound, "license-not-found",
        $"The order {order.Key.OrderId} had this instance id and never a license: {how} before it was known what was bought. There is nothing to be done.");

    private static async Task<Results<Ok<Page<PendingItem>>, ProblemHttpResult>> ListAsync(
        HttpRequest request, IPendingOrderStore orders, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request);
        var before = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var found = await orders.ListAsync(before, query.Limit + 1, cancellationToken);
        return TypedResults.Ok(query.PageOf(found, static order => order.InstanceId, PendingItem.From));
    }
}

/// <summary>A pending order as the admin door shows it.</summary>
internal sealed record PendingItem(
    string InstanceId,
    string Account,
    bool Test,
    string OrderId,
    string? OrderLineId,
    DateTimeOffset Since,
    int Attempts,
    DateTimeOffset? NextAttemptAt,
    string? LastError)
{
    /// <summary>Translates a pending order.</summary>
    public static PendingItem From(PendingOrder order) => new(
        order.InstanceId, order.Key.Account, order.Key.Test, order.Key.OrderId, order.Key.OrderLineId is { Length: > 0 } line ? line : null, order.Since,
        order.Attempts, order.NextAttemptAt, order.LastError);
}
