using Microsoft.Extensions.Options;
using Quartz;

namespace LicenseAuthority.Expiry;

/// <summary>
/// Sees to it that no sweep waits for longer than the interval. Quartz keeps the next run as an instant of the wall clock, in memory and in PostgreSQL: when
/// the clock is set back, that run stays where it was, as far ahead as the correction was large, while the scheduler runs and complains of nothing.
/// </summary>
internal sealed partial class SweepSchedule(
    [FromKeyedServices(ExpiryServices.SchedulerName)] ISchedulerFactory factory, IOptions<ExpiryOptions> options, ILogger<SweepSchedule> logger)
    : PollingService(options.Value.Interval, lookAtStart: false, TimeProvider.System)
{
    /// <summary>The trigger's fixed identity.</summary>
    public static readonly TriggerKey Trigger = new("every-interval", EnforceExpiryJob.Key.Group);

    // The clocks of nodes differ a little.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    /// <summary>When the next run comes, if it is further ahead than it may be; else null.</summary>
    public async ValueTask<DateTimeOffset?> FindStrandedRunAsync(CancellationToken cancellationToken) =>
        await FindStrandedAsync(await factory.GetScheduler(cancellationToken), cancellationToken) is { } trigger ? trigger.NextFireTimeUtc : null;

    /// <inheritdoc/>
    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        var scheduler = await factory.GetScheduler(cancellationToken);
        if (scheduler.Status == SchedulerStatus.Running && await FindStrandedAsync(scheduler, cancellationToken) is { } trigger)
        {
            LogStranded(trigger.NextFireTimeUtc);
            await scheduler.RescheduleJob(Trigger, trigger.GetTriggerBuilder().StartNow().Build(), cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception)
    {
        // The store is down or busy, which others tell too.
        LogFailed(exception.Message);
    }

    private async ValueTask<ITrigger?> FindStrandedAsync(IScheduler scheduler, CancellationToken cancellationToken)
    {
        // By the clock that the scheduler goes by.
        var latest = Time.GetUtcNow() + options.Value.Interval + Slack;
        return await scheduler.GetTrigger(Trigger, cancellationToken) is { } trigger && trigger.NextFireTimeUtc > latest ? trigger : null;
    }

    [LoggerMessage(LogLevel.Warning, "The next sweep would have come at {NextRun:O}: the clock of this machine was set back. It comes now.")]
    private partial void LogStranded(DateTimeOffset? nextRun);

    [LoggerMessage(LogLevel.Warning, "When the next sweep comes could not be read: {Reason}")]
    private partial void LogFailed(string reason);
}
