using LicenseAuthority.Keys;

namespace LicenseAuthority.Clock;

/// <summary>Asks for the time when nobody else does, so that a jump is noticed and forgotten in time; and keeps <see cref="SteadyTime.NotBefore"/>.</summary>
internal sealed partial class ClockWatcher(SteadyTime time, INewestEvent newestEvent, LiveKeys keys, ILogger<ClockWatcher> logger)
    : PollingService(Interval, lookAtStart: false, time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Looks once before the service takes a call.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        // Whether the store answers or not.
        time.GetUtcNow();
        if (time.HoldFor == TimeSpan.Zero)
        {
            return;
        }

        var certificate = DateTimeOffset.FromUnixTimeSeconds(keys.Ring.Current.Certificate.NotBefore);
        time.NotBefore = await newestEvent.FindAsync(cancellationToken) is { } newest && newest > certificate ? newest : certificate;
        time.GetUtcNow();
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => CheckAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception)
    {
        // What was known before goes on to count.
        LogFailed(exception.Message);
    }

    [LoggerMessage(LogLevel.Warning, "The newest stored event could not be read, by which jumps of the clock are judged; tried again every 5 s: {Reason}")]
    private partial void LogFailed(string reason);
}
