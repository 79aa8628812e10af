using System.Collections.Immutable;

namespace LicenseAuthority.Licensing.Activations;

/// <summary>
/// The place of a device, counted against the quantity of its license. Immutable. A freed one stays as it is for ever: the same device later gets a new one.
/// It holds ids, never fingerprints.
/// </summary>
internal sealed record Activation
{
    /// <summary><c>act_</c> + ULID; also the binding of its codes.</summary>
    public required string Id { get; init; }

    /// <summary>The license.</summary>
    public required string LicenseId { get; init; }

    /// <summary>1 to 8 ids, distinct: the claim <c>dev</c> of its codes.</summary>
    public required ImmutableArray<string> DeviceIds { get; init; }

    /// <summary>How many of them must be found: the claim <c>devk</c>.</summary>
    public required int Required { get; init; }

    /// <summary>What people call the device, 1 to 64 characters; null = it was given no name.</summary>
    public string? Name { get; init; }

    /// <summary>When it got its place.</summary>
    public required DateTimeOffset ActivatedAt { get; init; }

    /// <summary>When it last showed itself, to an hour.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The lease that was asked for; null = none, and then the product's counts.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>From this instant on its place is free by itself, the end of the newest code's lease; null = it has no lease.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>The newest request that was made in its name; null = it asked itself. A product's lease then does not count.</summary>
    public CodeRequest? Request { get; init; }

    /// <summary>The start that the request asked for; null = that of the license.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>The end that the request asked for; null = that of the license, whatever it comes to be.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>It said that it has no network and will not show itself again, which is no sign that it is lost.</summary>
    public bool Offline { get; init; }

    /// <summary>Number of its newest code.</summary>
    public required int Generation { get; init; }

    /// <summary>The <c>iat</c> of its newest code.</summary>
    public required DateTimeOffset CodeIssuedAt { get; init; }

    /// <summary>When its place was given up, or null.</summary>
    public DateTimeOffset? FreedAt { get; init; }

    /// <summary>By whom, a word of <see cref="FreedBy"/> or the operator; null exactly as <see cref="FreedAt"/>.</summary>
    public string? FreedByWhom { get; init; }

    /// <summary>What its codes of the license are bound to. None lasts longer than its license; on a test license the request counts as it is.</summary>
    public BoundDevice BindingOn(License license) => new(DeviceIds, Required)
    {
        LeaseUntil = LeaseUntil,
        StartsAt = StartsAt,
        EndsAt = license.Test || !(license.EndsAt <= EndsAt) ? EndsAt : null,
    };

    /// <summary>Whether it takes a place. Half-open: at the very end of its lease it does not.</summary>
    public bool HasPlaceAt(DateTimeOffset now) => FreedAt is null && !(LeaseUntil <= now);

    /// <summary>Whether its own code would pass on a device with these ids.</summary>
    public bool IsOn(IReadOnlyCollection<string> deviceIds) => DeviceIds.Count(deviceIds.Contains) >= Required;

    /// <summary>Given up.</summary>
    public Activation Free(DateTimeOffset at, string by) => this with { FreedAt = at, FreedByWhom = by };

    /// <summary>Shows its id.</summary>
    public override string ToString() => $"activation {Id}";
}

/// <summary>Who gives up a place, as it is stored; an operator by the words of its calls, such as <c>admin:bootstrap</c>.</summary>
internal static class FreedBy
{
    /// <summary>The device itself, by its own code.</summary>
    public const string Device = "device";

    /// <summary>The device itself, where its lease would have ended within <see cref="ActivationRules.SessionRest"/> anyway; it does not count.</summary>
    public const string Session = "session";

    /// <summary>Who has the license's code that is bound to no device, for a device that was lost.</summary>
    public const string License = "license";

    /// <summary>The clock: its lease was over, and another device took the place.</summary>
    public const string Lease = "lease";

    /// <summary>A new round of a test license.</summary>
    public const string Round = "round";
}

/// <summary>An activation with its newest code.</summary>
internal sealed record ActivationWithCode(Activation Activation, string CodeText)
{
    /// <summary>Lists say Revoked of that code, for ever: it was void, or invalid before the database was restored. The device needs another one.</summary>
    public bool IsCodeOver { get; init; }

    /// <summary>How far the code is on its way to the marketplace that asked for it; null = none did.</summary>
    public CodeDelivery? Delivery { get; init; }

    /// <summary>Shows the activation, not the code.</summary>
    public override string ToString() => $"{Activation} with its code";
}
