namespace LicenseAuthority;

/// <summary>
/// The store could not take or finish a write in time; trying again later is right.
/// Doors answer it as "busy" (HTTP 503, result code 000005), never as success.
/// </summary>
internal sealed class StoreBusyException(string message, bool outcomeUnknown = false, Exception? innerException = null)
    : Exception(message, innerException), IStoreFault
{
    /// <inheritdoc/>
    public bool IsReported { get; init; }

    /// <summary>
    /// False: nothing was stored and nothing will be. True: the write had begun and its COMMIT did not return in time, so it may
    /// still become durable; whoever repeats the call must find out by its key, as with every repeated call.
    /// </summary>
    public bool OutcomeUnknown { get; } = outcomeUnknown;
}
