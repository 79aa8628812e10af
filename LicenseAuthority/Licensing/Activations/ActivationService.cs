using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Licensing.Activations;

/// <summary>
/// Everything that is asked of devices' places, one way, as <see cref="LicenseService"/> does it for licenses and within the same turns: read, decide, sign, store,
/// and again after a concurrency conflict. Each method throws <see cref="StoreBusyException"/> or <see cref="SigningException"/> when nothing was stored.
/// Thread-safe.
/// </summary>
internal sealed class ActivationService(
    IActivationStore store, LicenseService licenses, ProductCatalogs products, Identifiers identifiers, TimeProvider time)
{
    private const string FarAhead = "the code before it was signed by a clock that was far ahead";

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
            command.Source,
            async now => await store.FindPlacesAsync(command.LicenseId, command.ShownActivation, command.DeviceIds, now, cancellationToken) is { } places
                ? (places, ActivationRules.Activate(command, places, LeaseOf(places), newId, now))
                : null,
            cancellationToken);
        return result.Outcome == DeviceOutcome.NoSeatLeft
            ? result with { Holders = await store.ListHoldersAsync(command.LicenseId, Now(), MostShown, cancellationToken) }
            : result;
    }

    /// <summary>Has a code made for a marketplace that asks in the name of a device; the same request again gets the newest code that was made for it.</summary>
    public Task<DeviceResult> RequestAsync(RequestCode command, CancellationToken cancellationToken)
    {
        var newId = identifiers.NewActivationId();
        var target = command.Target;
        return DecideAsync(
            target.LicenseId,
            command.Source,
            async now =>
                await store.FindRequestedAsync(target.LicenseId, command.RequestId, command.DeviceId, now, cancellationToken) is { } places
                && target.MayKnow(places.License)
                    ? (places, ActivationRules.Request(command, places, newId, now))
                    : null,
            cancellationToken);
    }

    /// <summary>The newest code of a device, made now if the license changed since it was made or half of its lease is over.</summary>
    public Task<DeviceResult> RefreshAsync(string licenseId, string activationId, CallSource source, CancellationToken cancellationToken) => DecideAsync(
        licenseId,
        source,
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
            && ActivationRules.Reissue(places, generation, source, reason, now) is { Change: not null } decision)
        {
            if (CodeTime.IsFarAhead(places.License.CodeIssuedAt, now))
            {
                // The device's own is made when its code is found again: its number is the same.
                await ReplaceFarAheadAsync(places.License, source, inBackground: true, now, cancellationToken);
                return;
            }

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
        string licenseId, CallSource source, Func<DateTimeOffset, Task<(PlacesAt Places, DeviceDecision Decision)?>> decide, CancellationToken cancellationToken)
    {
        var result = await decide(Now()) switch
        {
            null => new DeviceResult(DeviceOutcome.NotFound),
            { Decision.Change: null } known => AnswerOf(known.Places, known.Decision),
            _ => await DecideInTurnAsync(licenseId, source, decide, cancellationToken),
        };

        // Outside the turn: nobody waits for it.
        if (result.Device is { Activation: var activation } && (Now() - activation.LastSeenAt).Duration() >= SeenInterval)
        {
            await TrySeeAsync(activation, cancellationToken);
        }

        return result;
    }

    private async Task<DeviceResult> DecideInTurnAsync(
        string licenseId, CallSource source, Func<DateTimeOffset, Task<(PlacesAt Places, DeviceDecision Decision)?>> decide, CancellationToken cancellationToken)
    {
        using var turn = await licenses.TakeTurnAsync(licenseId, cancellationToken);
        return await LicenseService.UntilStoredAsync(async () =>
        {
            var now = Now();
            if (await decide(now) is not (var places, var decision))
            {
                return new DeviceResult(DeviceOutcome.NotFound);
            }

            if (decision.Change is null)
            {
                return AnswerOf(places, decision);
            }

            if (CodeTime.IsFarAhead(places.License.CodeIssuedAt, now))
            {
                await ReplaceFarAheadAsync(places.License, source, inBackground: false, now, cancellationToken);
                return null;
            }

            return await StoreAsync(places.License, decision, inBackground: false, cancellationToken) is { } stored
                ? new DeviceResult(decision.Outcome) { License = stored.After, Device = StoredDevice(decision, stored) }
                : null;
        });
    }

    private static ActivationWithCode StoredDevice(DeviceDecision decision, LicenseCommit stored) => new(decision.Activation!, stored.Code!.Text)
    {
        Delivery = decision.Deliver ? new CodeDelivery(CodeDeliveryState.Waiting, MessageId: null) : null,
    };

    // The next code voids all whose time is as far ahead, those of other devices too. So the license's own is made first: it is newer than the code of every
    // device, which therefore gets another when it next shows itself. A code of one device alone would leave the others with void ones.
    private Task<LicenseCommit?> ReplaceFarAheadAsync(
        License license, CallSource source, bool inBackground, DateTimeOffset now, CancellationToken cancellationToken) => licenses.TryCommitAsync(
        license,
        LicenseLifecycle.Decide(license, new LicenseCommand.Reissue(source, FarAhead), now),
        device: null,
        commit => commit with { IsInBackground = inBackground },
        cancellationToken);

    private static DeviceResult AnswerOf(PlacesAt places, DeviceDecision decision) => new(decision.Outcome)
    {
        License = places.License,
        Device = decision.Activation is not { } activation ? null : activation.Id == places.ById?.Activation.Id ? places.ById : places.Same,
    };

    // The code is what counts for the device, whatever the store says to this.
    private async Task TrySeeAsync(Activation activation, CancellationToken cancellationToken)
    {
        try
        {
            await store.SeenAsync(activation.Id, Now(), cancellationToken);
        }
        catch (Exception exception) when (exception is IStoreFault)
        {
            // It shows itself again.
        }
    }

    private Task<LicenseCommit?> StoreAsync(License before, DeviceDecision decision, bool inBackground, CancellationToken cancellationToken) => licenses.TryCommitAsync(
        before,
        decision.Change!,
        decision.Change!.NeedsCode ? decision.Activation!.BindingOn(decision.Change.After) : null,
        commit => commit with
        {
            Activation = decision.Activation,
            Freed = decision.Freed,
            Deliver = decision.Deliver,
            Nonce = decision.Nonce,
            IsInBackground = inBackground,
        },
        cancellationToken);

    private TimeSpan? LeaseOf(PlacesAt places) => products.Find(places.License.Account, places.License.Product)?.ActivationLease;

    private DateTimeOffset Now() => LicenseTime.CutToMillisecond(time.GetUtcNow());
}
