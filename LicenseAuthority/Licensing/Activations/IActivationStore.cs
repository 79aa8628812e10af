namespace LicenseAuthority.Licensing.Activations;

/// <summary>
/// Where activations are looked up; they are stored with <see cref="ILicenseStore.StoreAsync"/>, in the transaction of their event. Each read is one consistent
/// look. Every method throws <see cref="StoreBusyException"/> when the store cannot answer in time. Thread-safe.
/// </summary>
internal interface IActivationStore
{
    /// <summary>The license, and what is to be known of its places before a device gets one; null when there is no such license.</summary>
    /// <param name="licenseId">The license.</param>
    /// <param name="activationId">One activation to look up by its id, or null.</param>
    /// <param name="deviceIds">At most 8 ids of a device that asks; empty = none does.</param>
    /// <param name="now">The instant at which leases are judged.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    ValueTask<PlacesAt?> FindPlacesAsync(
        string licenseId, string? activationId, IReadOnlyList<string> deviceIds, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// The same for a request that a marketplace makes in the name of a device: the activation by its id is then the one that the request got, freed or not, with
    /// the newest code that was made for it and how far that is.
    /// </summary>
    /// <param name="licenseId">The license.</param>
    /// <param name="requestId">The marketplace's id of the request.</param>
    /// <param name="deviceId">The device's id; null = it is not known.</param>
    /// <param name="now">The instant at which leases are judged.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    ValueTask<PlacesAt?> FindRequestedAsync(string licenseId, string requestId, string? deviceId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// The newest code that was made for a request, to be given to who asked for it by the message that was written with an earlier one, or with this one; null
    /// when that earlier one is not there any more.
    /// </summary>
    /// <param name="licenseId">The license.</param>
    /// <param name="generation">The number of the code that the message was written with.</param>
    /// <param name="requestId">The marketplace's id of the request.</param>
    /// <param name="messageId">The message.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    ValueTask<RequestedCode?> FindCodeAsync(
        string licenseId, int generation, string requestId, string messageId, CancellationToken cancellationToken);

    /// <summary>
    /// The license, one activation, and who gave up places that count from an instant, exclusive, to another, inclusive: what a clock that was ahead has written lies
    /// after that and does not count. Null when there is no such license.
    /// </summary>
    ValueTask<FreesSince?> FindFreesAsync(
        string licenseId, string activationId, DateTimeOffset since, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Activations of a license that have a place at an instant, the oldest first, at most so many.</summary>
    ValueTask<IReadOnlyList<Activation>> ListHoldersAsync(string licenseId, DateTimeOffset now, int most, CancellationToken cancellationToken);

    /// <summary>
    /// All activations of a license, the newest first, from before the one with this id on (null = from the newest); null when there is no such license.
    /// </summary>
    ValueTask<IReadOnlyList<Activation>?> ListAsync(string licenseId, string? beforeId, int limit, CancellationToken cancellationToken);

    /// <summary>Writes down that a device has shown itself, after whatever else is to be written.</summary>
    Task SeenAsync(string activationId, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>The places of a license at an instant.</summary>
/// <param name="License">The license.</param>
/// <param name="ById">The activation that was asked for by its id, freed or not; null = there is none.</param>
/// <param name="Same">
/// The activation that is not freed and whose code would pass on the device that asks, of several one that has its place, and of these the one that fits
/// best; null = there is none.
/// </param>
/// <param name="Taken">How many have a place; not counted, and 0, where the activation that was asked for has its own.</param>
/// <param name="Held">How many are not freed: those with a place, and those whose lease is over and whose place nobody has taken; 0 as before.</param>
/// <param name="LongestOver">Of those whose lease is over and whose place nobody has taken the one whose lease ended first; null = there is none.</param>
internal sealed record PlacesAt(License License, ActivationWithCode? ById, ActivationWithCode? Same, int Taken, int Held, Activation? LongestOver);

/// <summary>Who gave up places lately.</summary>
/// <param name="License">The license.</param>
/// <param name="Activation">The activation that was asked for; null = there is none.</param>
/// <param name="Limiting">
/// When a device or who has the license's code gave up a place, of these the one that as many came after as the quantity, less one: as long as it counts no
/// other is allowed. Null = there were fewer.
/// </param>
internal sealed record FreesSince(License License, Activation? Activation, DateTimeOffset? Limiting);
