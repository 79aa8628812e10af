using System.Collections.Immutable;

namespace LicenseAuthority.Licensing.Activations;

/// <summary>A device asks for a place, or for the newest code of the one that it has.</summary>
/// <param name="LicenseId">The license, proved by one of its codes.</param>
/// <param name="ShownActivation">The activation that the shown code is bound to; null = it is bound to none.</param>
/// <param name="Product">The product that the software is.</param>
/// <param name="DeviceIds">1 to 8 ids of the device, distinct.</param>
/// <param name="Required">How many of them must be found later, at least half.</param>
/// <param name="Source">Who asks, kept with the event.</param>
internal sealed record ActivateDevice(
    string LicenseId, string? ShownActivation, string Product, ImmutableArray<string> DeviceIds, int Required, CallSource Source)
{
    /// <summary>What people call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The lease that it asks for, above zero; null = the product's.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>It will not show itself again.</summary>
    public bool Offline { get; init; }
}

/// <summary>Somebody gives up a device's place.</summary>
/// <param name="LicenseId">The license.</param>
/// <param name="ActivationId">The place.</param>
/// <param name="By">By what right.</param>
/// <param name="Source">Who asks, kept with the event.</param>
internal sealed record FreeDevice(string LicenseId, string ActivationId, FreeRight By, CallSource Source);

/// <summary>By what right a place is given up. A closed list.</summary>
internal abstract record FreeRight
{
    /// <summary>By the code of a device, which may give up its own place.</summary>
    /// <param name="ActivationId">The activation that the code is bound to.</param>
    internal sealed record OfDevice(string ActivationId) : FreeRight;

    /// <summary>By a code of the license that is bound to no device, for a device that was lost.</summary>
    /// <param name="LostAfter">For so long it must not have been seen.</param>
    internal sealed record OfLicense(TimeSpan LostAfter) : FreeRight;

    /// <summary>An operator, without limits.</summary>
    internal sealed record OfOperator : FreeRight;
}

/// <summary>What became of what a device asked.</summary>
internal enum DeviceOutcome
{
    /// <summary>A device took a place.</summary>
    Activated,

    /// <summary>The device has its place, and its newest code is answered, made now or before.</summary>
    HasPlace,

    /// <summary>The place is given up, now or before.</summary>
    Freed,

    /// <summary>There is no such activation of this license.</summary>
    NotFound,

    /// <summary>The license is of another product.</summary>
    WrongProduct,

    /// <summary>The code that was shown is bound to another device.</summary>
    BoundToAnotherDevice,

    /// <summary>The device's place was given up; a code that is bound to no device gets it another.</summary>
    DeviceFreed,

    /// <summary>The license is Released or Revoked.</summary>
    Over,

    /// <summary>The license is Frozen.</summary>
    Frozen,

    /// <summary>All places are taken.</summary>
    NoSeatLeft,

    /// <summary>The place is another device's, and that one is not lost.</summary>
    NotYours,

    /// <summary>Too many places were given up lately.</summary>
    TooManyFrees,

    /// <summary>A code was asked for without naming the device.</summary>
    NoDevice,

    /// <summary>A code without an end was asked for, and the license ends.</summary>
    NoEnd,

    /// <summary>The code that was asked for begins before the license or ends after it, or the license's term is over.</summary>
    OutsideTerm,
}

/// <summary>What became of what a device asked, with all that a door shows of it.</summary>
/// <param name="Outcome">What became of it.</param>
internal sealed record DeviceResult(DeviceOutcome Outcome)
{
    /// <summary>The license as it is now; null where there is none.</summary>
    public License? License { get; init; }

    /// <summary>The device's place and newest code; set with <see cref="DeviceOutcome.Activated"/> and <see cref="DeviceOutcome.HasPlace"/>.</summary>
    public ActivationWithCode? Device { get; init; }

    /// <summary>Who has the places, at most <see cref="ActivationService.MostShown"/>; only with <see cref="DeviceOutcome.NoSeatLeft"/>.</summary>
    public IReadOnlyList<Activation> Holders { get; init; } = [];

    /// <summary>From when on it may be tried again; only with <see cref="DeviceOutcome.TooManyFrees"/>.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>From when on the device counts as lost; only with <see cref="DeviceOutcome.NotYours"/> where a code without a device was shown. Null = never.</summary>
    public DateTimeOffset? LostAt { get; init; }
}
