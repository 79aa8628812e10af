namespace LicenseAuthority.Licensing.Activations;

/// <summary>
/// Decides who gets a place, who keeps one and who gives one up (docs/license-lifecycle.md, "Devices"). Pure: no clock, no storage. What it decides is
/// stored with the license's next version, so that two who ask for the last place at once cannot both get it.
/// </summary>
internal static class ActivationRules
{
    /// <summary>Within this time as many places may be given up, by devices and by who has the license's code, as the license has.</summary>
    public static readonly TimeSpan FreeWindow = TimeSpan.FromDays(30);

    /// <summary>
    /// A device that gives up a place whose lease would have ended within this time by itself wins no more than that, as with each end of a floating session: that
    /// is neither counted nor limited.
    /// </summary>
    public static readonly TimeSpan SessionRest = TimeSpan.FromHours(24);

    /// <summary>A code may be asked for from so long before the start of its license on; it serves from that start.</summary>
    public static readonly TimeSpan EarlierStart = TimeSpan.FromHours(24);

    /// <summary>The shortest lease.</summary>
    public static readonly TimeSpan ShortestLease = TimeSpan.FromMinutes(1);

    /// <summary>The longest lease.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromDays(366);

    /// <summary>A device asks for a place. In this order: product, binding of the code, state, the same device, place.</summary>
    /// <param name="command">What it asks.</param>
    /// <param name="places">The places as they are.</param>
    /// <param name="productLease">The longest lease of the product; null = none.</param>
    /// <param name="newId">The id of a new activation.</param>
    /// <param name="now">The instant.</param>
    public static DeviceDecision Activate(ActivateDevice command, PlacesAt places, TimeSpan? productLease, string newId, DateTimeOffset now)
    {
        var license = places.License;
        if (command.Product != license.Product)
        {
            return new DeviceDecision(DeviceOutcome.WrongProduct);
        }

        if (command.ShownActivation is not null)
        {
            // The code of a device serves that device alone, and after it was freed no one: who has it may be no longer meant to have a place.
            if (places.ById is not { Activation: var shown } || !shown.IsOn(command.DeviceIds))
            {
                return new DeviceDecision(DeviceOutcome.BoundToAnotherDevice);
            }

            if (shown.FreedAt is not null)
            {
                return new DeviceDecision(DeviceOutcome.DeviceFreed);
            }
        }

        switch (license.StateAt(now))
        {
            case LicenseState.Released or LicenseState.Revoked:
                return new DeviceDecision(DeviceOutcome.Over);
            case LicenseState.Frozen:
                return new DeviceDecision(DeviceOutcome.Frozen);
        }

        if ((command.ShownActivation is null ? places.Same : places.ById) is { } same)
        {
            return Keep(places, same, productLease, command.Source, now);
        }

        if (places.Taken >= license.Quantity)
        {
            return new DeviceDecision(DeviceOutcome.NoSeatLeft);
        }

        // A place whose lease is over is taken from the one that has been over for longest; that is when it is recorded as freed.
        var over = places.Held >= license.Quantity && places.LongestOver is { LeaseUntil: { } ended } longest ? longest.Free(ended, FreedBy.Lease) : null;
        var activation = new Activation
        {
            Id = newId,
            LicenseId = license.Id,
            DeviceIds = command.DeviceIds,
            Required = command.Required,
            Name = command.Name,
            ActivatedAt = now,
            LastSeenAt = now,
            Lease = command.Lease,
            Offline = command.Offline,
            Generation = 0,
            CodeIssuedAt = default,
        };
        var leaseUntil = LeaseEnd(license, LeaseOf(activation, productLease), now);
        return WithCode(license, activation, over, LicenseEventType.Activated, null, leaseUntil, command.Source, now) with { Outcome = DeviceOutcome.Activated };
    }

    /// <summary>
    /// A marketplace asks for a code in the name of a device. In this order: state, device, end, the same request, term, place. On a test license neither state
    /// nor term nor places refuse anything.
    /// </summary>
    /// <param name="command">What it asks.</param>
    /// <param name="places">The places as they are; the one by its id is that of the same request, with the newest code that was made for it.</param>
    /// <param name="newId">The id of a new activation.</param>
    /// <param name="now">The instant.</param>
    public static DeviceDecision Request(RequestCode command, PlacesAt places, string newId, DateTimeOffset now)
    {
        var license = places.License;
        if (!license.Test && license.StateAt(now) is LicenseState.Released or LicenseState.Revoked)
        {
            return new DeviceDecision(DeviceOutcome.Over);
        }

        if (command.DeviceId is not { } deviceId)
        {
            return new DeviceDecision(DeviceOutcome.NoDevice);
        }

        if (command.EndsAt is null && license.EndsAt is not null)
        {
            return new DeviceDecision(DeviceOutcome.NoEnd);
        }

        if (places.ById is { IsCodeOver: false, Activation: { FreedAt: null } answered })
        {
            return new DeviceDecision(DeviceOutcome.HasPlace) { Activation = answered };
        }

        var startsAt = LicenseTime.CutToSecond(command.StartsAt);
        DateTimeOffset? endsAt = command.EndsAt is { } end ? LicenseTime.CutToSecond(end) : null;
        if (!license.Test && IsOutsideTerm(license, startsAt, endsAt, now))
        {
            return new DeviceDecision(DeviceOutcome.OutsideTerm);
        }

        var isFree = license.Test || places.Taken < license.Quantity;
        if (places.Same is { Activation: var same } ? !same.HasPlaceAt(now) && !isFree : !isFree)
        {
            return new DeviceDecision(DeviceOutcome.NoSeatLeft);
        }

        var activation = places.Same?.Activation ?? new Activation
        {
            Id = newId,
            LicenseId = license.Id,
            DeviceIds = [deviceId],
            Required = 1,
            ActivatedAt = now,
            LastSeenAt = now,
            Generation = 0,
            CodeIssuedAt = default,
        };
        activation = activation with
        {
            Request = new CodeRequest(command.RequestId, deviceId),

            // Debug cases come with the dates of their first time: a start that has come to lie behind the end is none.
            StartsAt = startsAt > license.StartsAt && !(endsAt <= startsAt) ? startsAt : null,

            // The end of the orders is that of the license, with what the product tolerates, and with what a renewal makes of it.
            EndsAt = endsAt == license.ExpiresAt ? null : endsAt,
        };
        var over = places.Same is null && places.Held >= license.Quantity && places.LongestOver is { LeaseUntil: { } ended } longest
            ? longest.Free(ended, FreedBy.Lease)
            : null;
        var type = places.Same is null ? LicenseEventType.Activated : LicenseEventType.CodeRenewed;
        return WithCode(license, activation, over, type, null, leaseUntil: null, command.Source, now) with
        {
            Outcome = places.Same is null ? DeviceOutcome.Activated : DeviceOutcome.HasPlace,
            Deliver = true,
            Nonce = command.Nonce,
        };
    }

    /// <summary>A device that has a place asks for its newest code. While the license is Frozen no lease gets more time.</summary>
    public static DeviceDecision Refresh(PlacesAt places, TimeSpan? productLease, CallSource source, DateTimeOffset now)
    {
        if (places.ById is not { } device)
        {
            return new DeviceDecision(DeviceOutcome.NotFound);
        }

        if (device.Activation.FreedAt is not null)
        {
            return new DeviceDecision(DeviceOutcome.DeviceFreed);
        }

        if (places.License.StateAt(now) is LicenseState.Released or LicenseState.Revoked)
        {
            return new DeviceDecision(DeviceOutcome.Over);
        }

        var decision = Keep(places, device, productLease, source, now);
        return decision.Outcome == DeviceOutcome.NoSeatLeft ? new DeviceDecision(DeviceOutcome.DeviceFreed) : decision;
    }

    /// <summary>A device's code is made anew of the same facts, if it is still its newest and the device has its place.</summary>
    public static DeviceDecision Reissue(PlacesAt places, int generation, CallSource source, string reason, DateTimeOffset now) =>
        places.ById is { Activation: var activation } && activation.Generation == generation && activation.HasPlaceAt(now)
            && places.License.StateAt(now) is LicenseState.Active or LicenseState.Frozen
            ? WithCode(places.License, activation, null, LicenseEventType.Reissued, reason, activation.LeaseUntil, source, now) with
            {
                Deliver = activation.Request is not null,
            }
            : new DeviceDecision(DeviceOutcome.NotFound);

    /// <summary>Somebody gives up a place.</summary>
    public static DeviceDecision Free(FreeDevice command, FreesSince frees, DateTimeOffset now)
    {
        if (frees.Activation is not { } activation)
        {
            return new DeviceDecision(DeviceOutcome.NotFound);
        }

        if (command.By is FreeRight.OfDevice own && own.ActivationId != activation.Id)
        {
            return new DeviceDecision(DeviceOutcome.NotYours);
        }

        if (activation.FreedAt is not null)
        {
            return new DeviceDecision(DeviceOutcome.Freed);
        }

        if (command.By is FreeRight.OfLicense { LostAfter: var lostAfter })
        {
            // A clock that was ahead for years has written down when it was seen: then that counts as now.
            var seenAt = activation.LastSeenAt < now ? activation.LastSeenAt : now;
            DateTimeOffset? lostAt = activation.Offline ? null : LicenseTime.Add(seenAt, lostAfter);
            if (lostAt is null || now < lostAt)
            {
                return new DeviceDecision(DeviceOutcome.NotYours) { LostAt = lostAt };
            }
        }

        var endsSession = command.By is FreeRight.OfDevice && activation.LeaseUntil - now <= SessionRest;
        if (!endsSession && command.By is not FreeRight.OfOperator && frees.Limiting is { } limiting && now < limiting + FreeWindow)
        {
            return new DeviceDecision(DeviceOutcome.TooManyFrees) { RetryAt = limiting + FreeWindow };
        }

        var by = command.By switch
        {
            FreeRight.OfDevice => endsSession ? FreedBy.Session : FreedBy.Device,
            FreeRight.OfLicense => FreedBy.License,
            _ => command.Source.Actor,
        };
        return new DeviceDecision(DeviceOutcome.Freed)
        {
            Change = LicenseLifecycle.ChangeDevice(frees.License, new DeviceChange(command.Source, LicenseEventType.Deactivated, activation.Id), now),
            Freed = activation.Free(now, by),
        };
    }

    // Its newest code, made now if the license changed since, that code is over, or half of its lease is. One whose lease is over has no place any more, and takes
    // one again.
    private static DeviceDecision Keep(PlacesAt places, ActivationWithCode device, TimeSpan? productLease, CallSource source, DateTimeOffset now)
    {
        var (license, activation) = (places.License, device.Activation);
        var isFrozen = license.StateAt(now) == LicenseState.Frozen;
        var isNewest = activation.Generation > license.UnboundGeneration && !device.IsCodeOver;
        if (isFrozen ? isNewest || !activation.HasPlaceAt(now) : isNewest && !IsLeaseDue(license, activation, productLease, now))
        {
            return new DeviceDecision(DeviceOutcome.HasPlace) { Activation = activation };
        }

        if (isFrozen)
        {
            // As much of the lease as there is, though the code is another one.
            var until = license.EndsAt < activation.LeaseUntil ? license.EndsAt : activation.LeaseUntil;
            return WithCode(license, activation, null, LicenseEventType.CodeRenewed, null, until, source, now);
        }

        return !activation.HasPlaceAt(now) && places.Taken >= license.Quantity
            ? new DeviceDecision(DeviceOutcome.NoSeatLeft)
            : WithCode(
                license, activation, null, LicenseEventType.CodeRenewed, null, LeaseEnd(license, LeaseOf(activation, productLease), now), source, now);
    }

    // Also where the product's setting gave it a lease, took it away or made it shorter, and where a clock that was ahead gave one that ends too late. Where the
    // license ends before the lease there is nothing to prolong. Nodes' clocks differ by seconds.
    private static bool IsLeaseDue(License license, Activation activation, TimeSpan? productLease, DateTimeOffset now)
    {
        var lease = LeaseOf(activation, productLease);
        return (activation.LeaseUntil, LeaseEnd(license, lease, now)) switch
        {
            (null, null) => false,
            ({ } until, { } end) => (end > until && until - now <= lease / 2) || until - now > lease + CodeTime.NoticedLead,
            _ => true,
        };
    }

    private static DeviceDecision WithCode(
        License license, Activation activation, Activation? over, LicenseEventType type, string? reason,
        DateTimeOffset? leaseUntil, CallSource source, DateTimeOffset now)
    {
        var change = LicenseLifecycle.ChangeDevice(
            license,
            new DeviceChange(source, type, activation.Id)
            {
                NewCode = true,
                LastCodeAt = activation.Generation == 0 ? null : activation.CodeIssuedAt,
                OverId = over?.Id,
                Reason = reason,
            },
            now);
        return new DeviceDecision(DeviceOutcome.HasPlace)
        {
            Change = change,
            Freed = over,
            Activation = activation with
            {
                Generation = change.After.Generation,
                CodeIssuedAt = change.After.CodeIssuedAt,
                LeaseUntil = leaseUntil,

                // The authority's own work is no sign of the device.
                LastSeenAt = type == LicenseEventType.Reissued ? activation.LastSeenAt : now,
            },
        };
    }

    // Whole seconds, borders included. The marketplace reckons a start from the order, which comes before the license: it counts as the license's.
    private static bool IsOutsideTerm(License license, DateTimeOffset startsAt, DateTimeOffset? endsAt, DateTimeOffset now) =>
        startsAt < license.StartsAt - EarlierStart
        || endsAt > license.EndsAt
        || endsAt <= LicenseTime.Later(startsAt, license.StartsAt)
        || license.EndsAt <= now
        || license.EndsAt <= startsAt;

    // What a request asks for is a term, not a lease.
    private static TimeSpan? LeaseOf(Activation activation, TimeSpan? productLease) => activation.Request is not null
        ? null
        : activation.Lease is { } asked && !(productLease < asked) ? asked : productLease;

    private static DateTimeOffset? LeaseEnd(License license, TimeSpan? lease, DateTimeOffset now)
    {
        if (lease is not { } length)
        {
            return null;
        }

        var end = LicenseTime.Add(LicenseTime.CutToSecond(now), length);
        return license.EndsAt < end ? license.EndsAt : end;
    }
}

/// <summary>What <see cref="ActivationRules"/> decided. Nothing has happened yet: it counts when it is stored.</summary>
/// <param name="Outcome">What becomes of what was asked.</param>
internal sealed record DeviceDecision(DeviceOutcome Outcome)
{
    /// <summary>What is to be stored of the license; null = nothing changes.</summary>
    public LicenseDecision? Change { get; init; }

    /// <summary>The device's place as it shall be; null where nobody gets or keeps one.</summary>
    public Activation? Activation { get; init; }

    /// <summary>The new code goes to the marketplace that asked for it.</summary>
    public bool Deliver { get; init; }

    /// <summary>Stored with the change, or null.</summary>
    public AnsweredNonce? Nonce { get; init; }

    /// <summary>The place that is given up, or null.</summary>
    public Activation? Freed { get; init; }

    /// <summary>As <see cref="DeviceResult.RetryAt"/>.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>As <see cref="DeviceResult.LostAt"/>.</summary>
    public DateTimeOffset? LostAt { get; init; }
}
