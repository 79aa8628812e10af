using System.Globalization;
using LicenseAuthority.Doors;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Licenses: look up, list, events, and an operator's commands.</summary>
internal static class LicenseEndpoints
{
    /// <summary>Maps <c>/licenses</c> below the group.</summary>
    public static void MapLicenses(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/licenses", ListAsync);
        admin.MapGet("/licenses/{id}", GetAsync);
        admin.MapGet("/licenses/{id}/events", ListEventsAsync);
        Map(admin, "revoke", reasonRequired: true, (source, reason) => new LicenseCommand.Revoke(source, reason!));
        Map(admin, "freeze", reasonRequired: true, (source, reason) => new LicenseCommand.OperatorSuspend(source, reason!));
        Map(admin, "unfreeze", reasonRequired: false, (source, reason) => new LicenseCommand.OperatorResume(source, reason));
        Map(admin, "release", reasonRequired: true, (source, reason) => new LicenseCommand.OperatorTerminate(source, reason!));
        Map(admin, "restore", reasonRequired: true, (source, reason) => new LicenseCommand.Restore(source, reason!));
        Map(admin, "reissue", reasonRequired: true, (source, reason) => new LicenseCommand.Reissue(source, reason!));
    }

    private static async Task<Results<Ok<LicensePage>, ProblemHttpResult>> ListAsync(
        HttpRequest request, ILicenseQueries queries, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request, "state", "product", "customer", "orderId", "test", "expiresBefore", "expiresAfter", "codeInvalid", "account", "marketplaceCode");
        var filter = new LicenseFilter(
            query.Flag("test"),
            query.Word<LicenseState>("state", LicenseWords.ToWord),
            query.Text("product"),
            query.Text("customer"),
            query.Text("orderId"),
            query.Instant("expiresBefore"),
            query.Instant("expiresAfter"))
        {
            CodeInvalid = query.Flag("codeInvalid"),
            Account = query.Text("account"),
            MarketplaceCode = query.MarketplaceCode("marketplaceCode"),
        };
        var cursor = ReadCursor(query, time);
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var records = await queries.ListAsync(filter, cursor, query.Limit + 1, cancellationToken);
        var page = query.PageOf(records, record => WritePosition(cursor.Now, record.Id), static record => record);
        return TypedResults.Ok(LicensePage.From(page, cursor.Now));
    }

    private static async Task<IResult> GetAsync(
        string id, HttpRequest request, ILicenseQueries queries, PendingOrderService pending, CodeLists lists, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (LicenseFileAnswer.IsAskedFor(request, out var problem) is not { } asFile)
        {
            return problem!;
        }

        if (await queries.FindAsync(id, cancellationToken) is not { } record)
        {
            return await NotFoundAsync(id, pending, cancellationToken);
        }

        // Also of a license that is over: its list is how software without a network learns it.
        return asFile
            ? LicenseFileAnswer.Create(record.CodeText, await lists.FindAsync(record.CodeText, cancellationToken), record.License.Id)
            : TypedResults.Ok(LicenseItem.From(record, time.GetUtcNow()));
    }

    private static async Task<Results<Ok<Page<EventItem>>, ProblemHttpResult>> ListEventsAsync(
        string id, HttpRequest request, ILicenseQueries queries, PendingOrderService pending, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request);
        var after = query.NumberCursor(start: 0);
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        if (await queries.ListEventsAsync(id, after, query.Limit + 1, cancellationToken) is not { } events)
        {
            return await NotFoundAsync(id, pending, cancellationToken);
        }

        return TypedResults.Ok(query.PageOf(events, static happened => happened.Number.ToString(CultureInfo.InvariantCulture), EventItem.From));
    }

    private static void Map(
        IEndpointRouteBuilder admin, string command, bool reasonRequired, Func<CallSource, string?, LicenseCommand> createCommand) =>
        admin.MapPost("/licenses/{id}/" + command, async Task<Results<Ok<LicenseItem>, ProblemHttpResult>> (
            string id, HttpContext context, LicenseService licenses, PendingOrderService pending, AdminMetrics metrics, TimeProvider time,
            CancellationToken cancellationToken) =>
        {
            var (reason, problem) = await ReasonBody.ReadAsync(context.Request, reasonRequired, cancellationToken);
            if (problem is not null)
            {
                return problem;
            }

            // From here on an operator who hangs up must not leave it open whether the command was carried out.
            var asked = createCommand(new CallSource(Actor.Of(context), command), reason);
            var result = await licenses.ExecuteAsync(new LicenseTarget(id), asked, CancellationToken.None);
            switch (result.Outcome)
            {
                case CommandOutcome.NotFound:
                    metrics.NotFound(command);
                    return await NotFoundAsync(id, pending, cancellationToken);
                case CommandOutcome.Refused:
                    metrics.Refused(command);
                    return Problems.Create(StatusCodes.Status409Conflict, "state-does-not-allow", result.Reason!);
                default:
                    metrics.Applied(command);
                    return TypedResults.Ok(LicenseItem.From(result.Record!, time.GetUtcNow()));
            }
        });

    private static LicenseCursor ReadCursor(ListQuery query, TimeProvider time)
    {
        if (query.Cursor() is not { } position)
        {
            return new LicenseCursor(DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()), null);
        }

        var parts = position.Split(' ');
        if (parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var now)
            && now <= LicenseTime.Latest.ToUnixTimeMilliseconds())
        {
            return new LicenseCursor(DateTimeOffset.FromUnixTimeMilliseconds(now), parts[1]);
        }

        query.FailCursor();
        return new LicenseCursor(default, null);
    }

    private static string WritePosition(DateTimeOffset now, string id) =>
        string.Create(CultureInfo.InvariantCulture, $"{now.ToUnixTimeMilliseconds()} {id}");

    /// <summary>The answer where there is no such license: also of an id that an order has, which waits for its license or never gets one.</summary>
    internal static async Task<ProblemHttpResult> NotFoundAsync(string id, PendingOrderService pending, CancellationToken cancellationToken) =>
        await pending.FindAsync(new LicenseTarget(id), cancellationToken) is { End: not PendingOrderEnd.Served } order
            ? PendingEndpoints.ProblemOf(order)
            : Problems.Create(
                StatusCodes.Status404NotFound, "license-not-found", "There is no license with this id. Ids look like lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB.");
}
