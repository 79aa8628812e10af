using System.Globalization;
using LicenseAuthority.Outbox;
using LicenseAuthority.Webhooks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Webhooks: add, list, delete, and what was sent to them.</summary>
internal static class WebhookEndpoints
{
    /// <summary>Maps <c>/webhooks</c> below the group.</summary>
    public static void MapWebhooks(this IEndpointRouteBuilder admin)
    {
        admin.MapPost("/webhooks", AddAsync);
        admin.MapGet("/webhooks", List);
        admin.MapGet("/webhooks/{id}", Get);
        admin.MapDelete("/webhooks/{id}", DeleteAsync);
        admin.MapPost("/webhooks/{id}/enable", EnableAsync);
        admin.MapGet("/webhooks/{id}/deliveries", ListDeliveriesAsync);
        admin.MapPost("/webhooks/{id}/deliveries/{deliveryId}/resend", ResendAsync);
    }

    private static async Task<Results<Created<WebhookItem>, ProblemHttpResult>> AddAsync(
        HttpContext context, WebhookRegistry registry, CancellationToken cancellationToken)
    {
        var (url, events, problem) = await WebhookBody.ReadAsync(context.Request, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        if (registry.FindFault(url!) is { } fault)
        {
            return Problems.Create(StatusCodes.Status400BadRequest, "bad-url", fault);
        }

        // From here on an operator who hangs up must not leave a webhook behind whose secret nobody knows, if it can be helped.
        return await registry.AddAsync(url!, events, Actor.Of(context), CancellationToken.None) is { } added
            ? TypedResults.Created(LocationOf(context.Request, added.Webhook.Id), WebhookItem.From(added.Webhook, added.Secret))
            : Problems.Create(
                StatusCodes.Status409Conflict, "too-many-webhooks", $"There are {WebhookRegistry.Most} webhooks, more are not kept. Delete one that is not needed any more.");
    }

    private static Results<Ok<Page<WebhookItem>>, ProblemHttpResult> List(HttpRequest request, WebhookSubscriptions subscriptions)
    {
        var query = new ListQuery(request);
        var before = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var rest = subscriptions.All
            .Where(webhook => webhook.DeletedAt is null && (before is null || string.CompareOrdinal(webhook.Id, before) < 0))
            .OrderByDescending(webhook => webhook.Id, StringComparer.Ordinal)
            .ToList();
        return TypedResults.Ok(query.PageOf(rest, static webhook => webhook.Id, static webhook => WebhookItem.From(webhook)));
    }

    private static Results<Ok<WebhookItem>, ProblemHttpResult> Get(string id, WebhookSubscriptions subscriptions) =>
        subscriptions.Find(id) is { } webhook ? TypedResults.Ok(WebhookItem.From(webhook)) : NotFound();

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(string id, WebhookRegistry registry) =>
        await registry.DeleteAsync(id, CancellationToken.None) ? TypedResults.NoContent() : NotFound();

    private static async Task<Results<Ok<WebhookItem>, ProblemHttpResult>> EnableAsync(string id, WebhookRegistry registry) =>
        await registry.EnableAsync(id, CancellationToken.None) is { } webhook ? TypedResults.Ok(WebhookItem.From(webhook)) : NotFound();

    private static async Task<Results<Ok<Page<DeliveryItem>>, ProblemHttpResult>> ListDeliveriesAsync(
        string id, HttpRequest request, WebhookSubscriptions subscriptions, IOutboxStore outbox, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request, "status");
        var status = query.Word<MessageStatus>("status", MessageWords.Statuses.WordOf);
        var before = query.NumberCursor(start: long.MaxValue);
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        if (subscriptions.Find(id) is null)
        {
            return NotFound();
        }

        var records = await outbox.ListAsync(WebhookSender.DestinationKind, id, status, before, query.Limit + 1, cancellationToken);
        return TypedResults.Ok(query.PageOf(records, static record => record.Number.ToString(CultureInfo.InvariantCulture), DeliveryItem.From));
    }

    private static async Task<Results<Ok<DeliveryItem>, ProblemHttpResult>> ResendAsync(
        string id, string deliveryId, WebhookSubscriptions subscriptions, IOutboxStore outbox, OutboxSignal signal, TimeProvider time)
    {
        if (subscriptions.Find(id) is not { } webhook)
        {
            return NotFound();
        }

        if (!webhook.IsOpen)
        {
            return Problems.Create(
                StatusCodes.Status409Conflict, "webhook-disabled", $"The webhook is disabled ({webhook.DisabledReason}). Enable it first: POST /admin/v1/webhooks/{id}/enable.");
        }

        if (await outbox.ResendAsync(WebhookSender.DestinationKind, id, deliveryId, time.GetUtcNow(), CancellationToken.None) is not { } record)
        {
            return Problems.Create(
                StatusCodes.Status404NotFound, "delivery-not-found", "This webhook has no delivery with this id. Ids look like msg_01JD5V5ZQ8W3M9X7K2T4R6Y8AB; delivered ones are deleted after a time (Outbox:KeepDelivered).");
        }

        signal.Wake();
        return TypedResults.Ok(DeliveryItem.From(record));
    }

    // Relative to what was asked for: a proxy may have put the service below a path that only the caller knows.
    private static string LocationOf(HttpRequest request, string id) => request.Path.Value!.EndsWith('/') ? id : $"webhooks/{id}";

    private static ProblemHttpResult NotFound() => Problems.Create(
        StatusCodes.Status404NotFound, "webhook-not-found", "There is no webhook with this id. Ids look like whk_01JD5V5ZQ8W3M9X7K2T4R6Y8AB.");
}
