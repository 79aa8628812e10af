using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Deletes old calls from the journal, a few at a time. While the clock is in doubt it deletes nothing: by a clock that is ahead every call is old.
/// </summary>
internal sealed partial class CallRetention(ICallStore store, IOptions<MarketplaceOptions> options, TimeProvider time, ISettledClock clock, ILogger<CallRetention> logger)
    : PollingService(TimeSpan.FromMinutes(1), lookAtStart: false, time)
{
    /// <summary>Deletes all that is too old now. Several nodes may do so at once.</summary>
    public async Task DeleteOldAsync(CancellationToken cancellationToken)
    {
        if (!clock.IsSettled)
        {
            return;
        }

        var before = Time.GetUtcNow() - options.Value.KeepCalls;
        while (await store.DeleteAsync(before, cancellationToken) == ICallStore.BatchSize)
        {
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => DeleteOldAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    [LoggerMessage(LogLevel.Warning, "Old calls could not be deleted from the journal of marketplace calls, tried again every minute: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
