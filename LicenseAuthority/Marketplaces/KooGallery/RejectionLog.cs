using System.Net;
using LicenseAuthority.Doors;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>Counts the calls that were not authenticated or not even looked at, and tells of them at most once a minute. Thread-safe.</summary>
internal sealed partial class RejectionLog(TimeProvider time, ILogger<RejectionLog> logger)
{
    private readonly LogSampler _unauthenticated = new(time);
    private readonly LogSampler _turnedAway = new(time);

    private long _rejected;

    /// <summary>Calls that were not authenticated since the start.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Counts one that was not authenticated.</summary>
    public void Count(IPAddress? caller)
    {
        Interlocked.Increment(ref _rejected);
        if (_unauthenticated.Count(out var count))
        {
            LogRejected(count, caller);
        }
    }

    /// <summary>Counts one that came while too many others waited.</summary>
    public void CountTurnedAway(IPAddress? caller)
    {
        if (_turnedAway.Count(out var count))
        {
            LogTurnedAway(count, caller);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} marketplace calls could not be authenticated, the last one from {Caller}. If they are the marketplace's, compare the access keys of the account (Marketplace:AccessKeys, Marketplace:Accounts) with its seller centre, and the clock of this machine with the right time.")]
    private partial void LogRejected(long count, IPAddress? caller);

    [LoggerMessage(LogLevel.Warning, "{Count} marketplace calls were answered as busy, as too many others waited, the last one from {Caller}.")]
    private partial void LogTurnedAway(long count, IPAddress? caller);
}
