using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Marketplaces.Watch;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The watch over the marketplace's calls: how near a product is to being delisted, and what an operator has to do.</summary>
internal static class WatchEndpoints
{
    private const string Dismiss = "dismissRestart";

    /// <summary>Maps <c>/marketplace/watch</c> below the group.</summary>
    public static void MapWatch(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/marketplace/watch", GetAsync);
        admin.MapGet("/marketplace/watch/months", ListMonthsAsync);
        admin.MapPost("/marketplace/watch/restart/{callId}/dismiss", DismissAsync);
    }

    private static async Task<Results<Ok<WatchItem>, ProblemHttpResult>> GetAsync(
        HttpRequest request, IWatchStore watch, WatchPolicy policy, ProductCatalogs products, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request, "month");
        var now = time.GetUtcNow();
        var month = WatchRules.MonthOf(now, policy);
        if (query.Text("month") is { } asked)
        {
            if (WatchRules.ReadMonth(asked) is not { } read)
            {
                return ListQuery.Refuse("The parameter month must be a month such as 2026-11.");
            }

            month = read;
        }

        return query.Problem is { } problem
            ? ListQuery.Refuse(problem)
            : TypedResults.Ok(WatchItem.From(month, await watch.ReadAsync(month, now, cancellationToken), policy, products, now));
    }

    private static async Task<Results<Ok<Page<WatchMonthItem>>, ProblemHttpResult>> ListMonthsAsync(
        HttpRequest request, IWatchStore watch, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request);
        var after = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var all = await watch.ListMonthsAsync(time.GetUtcNow(), cancellationToken);
        var rest = all.SkipWhile(month => after is not null && PositionOf(month) != after).Skip(after is null ? 0 : 1).ToList();
        return TypedResults.Ok(query.PageOf(rest, PositionOf, WatchMonthItem.From));
    }

    private static async Task<Results<Ok<RestartItem>, ProblemHttpResult>> DismissAsync(
        string callId, HttpContext context, IWatchStore watch, AdminMetrics metrics, TimeProvider time, CancellationToken cancellationToken)
    {
        var (reason, problem) = await ReasonBody.ReadAsync(context.Request, required: false, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        if (await watch.DismissAsync(callId, Actor.Of(context), reason, time.GetUtcNow(), CancellationToken.None) is not { } dismissed)
        {
            metrics.NotFound(Dismiss);
            return Problems.Create(
                StatusCodes.Status404NotFound, "restart-not-found", "No call with this id is to be made again: GET /admin/v1/marketplace/watch lists them under restart.");
        }

        metrics.Applied(Dismiss);
        return TypedResults.Ok(RestartItem.From(dismissed));
    }

    // Neither a month nor an account has a blank in it.
    private static string PositionOf(ProductMonth month) => $"{month.Month} {month.Account} {month.ProductId}";
}
