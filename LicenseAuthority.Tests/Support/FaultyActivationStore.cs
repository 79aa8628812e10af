using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Support;

/// <summary>The store of devices' places, which fails as long as a test says so, or lets something happen meanwhile.</summary>
internal sealed class FaultyActivationStore : IActivationStore
{
    private ActivationStore? _store;

    /// <summary>What every look-up throws; null = nothing.</summary>
    public Exception? Fault { get; set; }

    /// <summary>What writing down that a device was seen throws; null = nothing.</summary>
    public Exception? SeenFault { get; set; }

    /// <summary>Set: the device shows itself, once, right after it was looked at by somebody who gives up its place.</summary>
    public bool ShowsItselfMeanwhile { get; set; }

    /// <summary>What happens, once, right after it was looked what a request of the marketplace got; null = nothing.</summary>
    public Func<Task>? AfterRequested { get; set; }

    private ActivationStore Store => Fault is null ? _store! : throw Fault;

    public void Replace(WebApplicationBuilder builder) => builder.Services.Replace(ServiceDescriptor.Singleton<IActivationStore>(provider =>
    {
        _store = ActivatorUtilities.CreateInstance<ActivationStore>(provider);
        return this;
    }));

    public ValueTask<PlacesAt?> FindPlacesAsync(
        string licenseId, string? activationId, IReadOnlyList<string> deviceIds, DateTimeOffset now, CancellationToken cancellationToken) =>
        Store.FindPlacesAsync(licenseId, activationId, deviceIds, now, cancellationToken);

    public async ValueTask<PlacesAt?> FindRequestedAsync(
        string licenseId, string requestId, string? deviceId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var places = await Store.FindRequestedAsync(licenseId, requestId, deviceId, now, cancellationToken);
        if (AfterRequested is { } happens)
        {
            AfterRequested = null;
            await happens();
        }

        return places;
    }

    public ValueTask<RequestedCode?> FindCodeAsync(
        string licenseId, int generation, string requestId, string messageId, CancellationToken cancellationToken) =>
        Store.FindCodeAsync(licenseId, generation, requestId, messageId, cancellationToken);

    public async ValueTask<FreesSince?> FindFreesAsync(
        string licenseId, string activationId, DateTimeOffset since, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var frees = await Store.FindFreesAsync(licenseId, activationId, since, now, cancellationToken);
        if (ShowsItselfMeanwhile)
        {
            ShowsItselfMeanwhile = false;
            await Store.SeenAsync(activationId, now, cancellationToken);
        }

        return frees;
    }

    public ValueTask<IReadOnlyList<Activation>> ListHoldersAsync(string licenseId, DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        Store.ListHoldersAsync(licenseId, now, most, cancellationToken);

    public ValueTask<IReadOnlyList<Activation>?> ListAsync(string licenseId, string? beforeId, int limit, CancellationToken cancellationToken) =>
        Store.ListAsync(licenseId, beforeId, limit, cancellationToken);

    public Task SeenAsync(string activationId, DateTimeOffset now, CancellationToken cancellationToken) =>
        SeenFault is null ? Store.SeenAsync(activationId, now, cancellationToken) : throw SeenFault;
}
