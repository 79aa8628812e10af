using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Licensing.Activations;

/// <summary>
/// Everything that is asked of devices' places, one way, as <see cref="LicenseService"/> does it for licenses and within the same turns: read, decide, sign, store,
/// and again after a concurrency conflict. Each method throws <see cref="StoreBusyException"/> or <see cref="SigningException"/> when nothing was stored.
/// Thread-safe.
/// </summary>
internal sealed class ActivationService(
    IActivationStore store, LicenseService licenses, ProductCatalog products, Identifiers identifiers, TimeProvider time)
{
    /// <summary>Of so many holders of places is told where none is left.</summary>
    public const int MostShown = 100;

    /// <summary>How exactly it is written down when a device was seen.</summary>
    public static readonly TimeSpan SeenInterval = TimeSpan.FromHours(1);

    /// <summary>Gives a device a place and a code, or the newest code of the place that it has.</summary>
    public async Task<DeviceResult> ActivateAsync(ActivateDevice command, CancellationToken cancellationToken)
    {
        var newId = identifiers.NewActivationId();
        var result = await DecideAsync(
            command.LicenseId,
            async now => await store.FindPlacesAsync(command.LicenseId, command.ShownActivation, command.DeviceIds, now, cancellationToken) is { } places
                ? (places, ActivationRules.Activate(command, places, LeaseOf(places), newId, now))
                : null,
            cancellationToken);
        return result.Outcome == DeviceOutcome.NoSeatLeft
            ? result with { Holders = await store.ListHoldersAsync(command.LicenseId, Now(), MostShown, cancellationToken) }
            : result;
    }

    /// <summary>The newest code of a device, made now if the license changed since it was made or half of its lease is over.</summary>
    public Task<DeviceResult> RefreshAsync(string licenseId, string activationId, CallSource source, CancellationToken cancellationToken) => DecideAsync(
        licenseId,
        async now => await store.FindPlacesAsync(licenseId, activationId, [], now, cancellationToken) is { } places
            ? (places, ActivationRules.Refresh(places, LeaseOf(places), source, now))
            : null,
        cancellationToken);

    /// <summary>
    /// Makes a new code of the same facts for a device, in the background, if it has its place and its newest code is still the one with this number.
    /// </summary>
    public async Task ReissueAsync(
        string licenseId, string activationId, int generation, CallSource source, string reason, CancellationToken cancellationToken)
    {
        using var turn = await licenses.TakeTurnAsync(licenseId, cancellationToken);
        var now = Now();
        if (await store.FindPlacesAsync(licenseId, activationId, [], now, cancellationToken) is { } places
            && ActivationRules.Reissue(places, generation, LeaseOf(places), source, reason, now) is { Change: not null } decision)
        {
            await StoreAsync(places.License, decision, inBackground: true, cancellationToken);
        }
    }

    /// <summary>Gives up a place; again where that was done before.</summary>
    public async Task<DeviceResult> FreeAsync(FreeDevice command, CancellationToken cancellationToken)
    {
        using var turn = await licenses.TakeTurnAsync(command.LicenseId, cancellationToken);
        return await LicenseService.UntilStoredAsync(async () =>
        {
            var now = Now();
            if (await store.FindFreesAsync(command.LicenseId, command.ActivationId, now - ActivationRules.FreeWindow, now, cancellationToken) is not { } frees)
            {
                return new DeviceResult(DeviceOutcome.NotFound);
            }

            var decision = ActivationRules.Free(command, frees, now);
            if (decision.LostAt is not null && frees.Activation is { } activation && activation.LastSeenAt > now)
            {
                // From this ask on the time runs after which it counts as lost.
                await TrySeeAsync(activation, cancellationToken);
            }

            return decision.Change is null || await StoreAsync(frees.License, decision, inBackground: false, cancellationToken) is not null
                ? new DeviceResult(decision.Outcome)
                {
                    License = decision.Change?.After ?? frees.License,
                    RetryAt = decision.RetryAt,
                    LostAt = decision.LostAt,
                }
                : null;
        });
    }

    // First without a turn: nearly always there is nothing to store.
    private async Task<DeviceResult> DecideAsync(
        string licenseId, Func<DateTimeOffset, Task<(PlacesAt Places, DeviceDecision Decision)?>> decide, CancellationToken cancellationToken)
    {
        if (await decide(Now()) is not { } first)
        {
            return new DeviceResult(DeviceOutcome.NotFound);
        }

        if (first.Decision.Change is null)
        {
            return await AnswerAsync(first.Places, first.Decision, cancellationToken);
        }

        using var turn = await licenses.TakeTurnAsync(licenseId, cancellationToken);
        return await LicenseService.UntilStoredAsync(async () =>
        {
            if (await decide(Now()) is not (var places, var decision))
            {
                return new DeviceResult(DeviceOutcome.NotFound);
            }

            if (decision.Change is null)
            {
                return await AnswerAsync(places, decision, cancellationToken);
            }

            return await StoreAsync(places.License, decision, inBackground: false, cancellationToken) is { } stored
                ? new DeviceResult(decision.Outcome) { License = stored.After, Device = new ActivationWithCode(decision.Activation!, stored.Code!.Text) }
                : null;
        });
    }

    private async Task<DeviceResult> AnswerAsync(PlacesAt places, DeviceDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Activation is not { } activation)
        {
            return new DeviceResult(decision.Outcome) { License = places.License };
        }

        var device = activation.Id == places.ById?.Activation.Id ? places.ById : places.Same!;
        if ((Now() - activation.LastSeenAt).Duration() >= SeenInterval)
        {
            await TrySeeAsync(activation, cancellationToken);
        }

        return new DeviceResult(decision.Outcome) { License = places.License, Device = device };
    }

    // The code is what counts for the device.
    private async Task TrySeeAsync(Activation activation, CancellationToken cancellationToken)
    {
        try
        {
            await store.SeenAsync(activation.Id, Now(), cancellationToken);
        }
        catch (StoreBusyException)
        {
            // It shows itself again.
        }
    }

    private Task<LicenseCommit?> StoreAsync(License before, DeviceDecision decision, bool inBackground, CancellationToken cancellationToken) => licenses.TryCommitAsync(
        before,
        decision.Change!,
        decision.Change!.NeedsCode ? decision.Activation!.Binding : null,
        commit => commit with { Activation = decision.Activation, Freed = decision.Freed, IsInBackground = inBackground },
        cancellationToken);

    private TimeSpan? LeaseOf(PlacesAt places) => products.Find(places.License.Product)?.ActivationLease;

    private DateTimeOffset Now() => LicenseTime.CutToMillisecond(time.GetUtcNow());
}
