using LicenseAuthority.Doors;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.PendingOrders;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>Devices' places: an operator lists them, gives them up without limits, and activates a device that has no network.</summary>
internal static class ActivationEndpoints
{
    /// <summary>Maps them below the group.</summary>
    public static void MapActivations(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/licenses/{id}/activations", ListAsync);
        admin.MapGet("/licenses/{id}/activations/{activationId}", GetAsync);
        admin.MapDelete("/licenses/{id}/activations/{activationId}", FreeAsync);
        admin.MapPost("/activations", ActivateAsync);
    }

    private static async Task<Results<Ok<Page<ActivationItem>>, ProblemHttpResult>> ListAsync(
        string id, HttpRequest request, IActivationStore store, PendingOrderService pending, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request);
        var before = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var now = time.GetUtcNow();
        return await store.ListAsync(id, before, query.Limit + 1, cancellationToken) is { } found
            ? TypedResults.Ok(query.PageOf(found, static activation => activation.Id, activation => ActivationItem.From(activation, now)))
            : await LicenseEndpoints.NotFoundAsync(id, pending, cancellationToken);
    }

    // As a file with the newest code of the device, also of a place that was given up: its list is how a device without a network learns it.
    private static async Task<IResult> GetAsync(
        string id, string activationId, HttpRequest request, IActivationStore store, PendingOrderService pending, CodeLists lists, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (LicenseFileAnswer.IsAskedFor(request, out var problem) is not { } asFile)
        {
            return problem!;
        }

        var now = time.GetUtcNow();
        if (await store.FindPlacesAsync(id, activationId, [], now, cancellationToken) is not { } places)
        {
            return await LicenseEndpoints.NotFoundAsync(id, pending, cancellationToken);
        }

        if (places.ById is not { } found)
        {
            return ActivationDoor.ProblemOf(new DeviceResult(DeviceOutcome.NotFound));
        }

        return asFile
            ? LicenseFileAnswer.Create(found.CodeText, await lists.FindAsync(found.CodeText, cancellationToken), activationId)
            : TypedResults.Ok(ActivationItem.From(found.Activation, now));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> FreeAsync(
        string id, string activationId, HttpContext context, ActivationService activations, PendingOrderService pending, AdminMetrics metrics)
    {
        // An operator who hangs up must not leave it open whether the place was given up.
        var result = await activations.FreeAsync(
            new FreeDevice(id, activationId, new FreeRight.OfOperator(), new CallSource(Actor.Of(context), "free")), CancellationToken.None);
        if (result.Outcome == DeviceOutcome.Freed)
        {
            metrics.Applied("free");
            return TypedResults.NoContent();
        }

        metrics.NotFound("free");
        return result.License is null ? await LicenseEndpoints.NotFoundAsync(id, pending, CancellationToken.None) : ActivationDoor.ProblemOf(result);
    }

    private static Task<IResult> ActivateAsync(HttpContext context, ActivationDoor door, CancellationToken cancellationToken) =>
        door.ActivateAsync(context, ShownIn.OperatorsBody, new CallSource(Actor.Of(context), "activate"), cancellationToken);
}
