namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>
/// Notices what no call tells: orders that stay pending, or were served since in the background, calls that an operator decided on, dial tests that stopped; and
/// deletes what is old. Also brings this node the others' failures, so that it knows good news when it sees them.
/// </summary>
internal sealed partial class WatchSweeper(
    IWatchStore store, MarketplaceWatch watch, WatchAlarms alarms, WatchPolicy policy, TimeProvider time, ISettledClock clock, ILogger<WatchSweeper> logger)
    : PollingService(Interval, lookAtStart: true, time)
{
    // The marketplace never repeats within a minute.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // In days. What stopped before that was told, or nobody was there to be told.
    private const int LookBack = 14;

    /// <summary>Does all of it now. Several nodes may do so at once.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        await watch.RefreshAsync(cancellationToken);
        alarms.Tell(await store.SweepAsync(now, pendingCounts: clock.IsSettled, cancellationToken));
        if (!clock.IsSettled)
        {
            return;
        }

        await TellStoppedAsync(now, cancellationToken);
        while (await store.DeleteOldAsync(WatchRules.FirstMonthKept(now, policy), cancellationToken))
        {
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => SweepAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    private async Task TellStoppedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var tests in await store.ListTestsAsync(WatchRules.DayOf(now, policy).AddDays(-LookBack), cancellationToken))
        {
            if (WatchRules.HaveStopped(tests.Days, tests.LastAt, now) && await store.TellStoppedAsync(tests.Account, tests.LastAt, cancellationToken))
            {
                alarms.TellStopped(tests.Account, tests.LastAt);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The marketplace watch could not be brought up to date, tried again every 10 s: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
