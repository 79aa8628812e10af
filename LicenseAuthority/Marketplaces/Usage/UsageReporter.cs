using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.Usage;

/// <summary>
/// Has a day's use reported once the day is over, and deletes what could not be reported in time. While the clock is in doubt it does neither: by a clock that is
/// ahead a day is over too early, and every id is old. Several nodes may do so at once.
/// </summary>
internal sealed partial class UsageReporter(
    IUsageStore store, SellerAccounts accounts, UsagePolicy policy, Identifiers identifiers, OutboxSignal signal, UsageMetrics metrics, TimeProvider time,
    ISettledClock clock, ILogger<UsageReporter> logger)
    : PollingService(Interval, lookAtStart: false, time)
{
    /// <summary>No id is kept for longer, reported or not; and a day is given up so long after its end.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(3);

    /// <summary>So long after its end a day is reported: what was told in its last seconds is stored by then, also by a node whose clock is a little behind.</summary>
    public static readonly TimeSpan ReportedAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Does it now.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        if (!clock.IsSettled)
        {
            return;
        }

        var now = LicenseTime.CutToMillisecond(Time.GetUtcNow());
        await DeleteOldAsync(now, cancellationToken);
        foreach (var account in accounts.All.Where(static account => account.OpenApi.IsConfigured))
        {
            var before = policy.DayOf(now - ReportedAfter);
            while (await store.ReportAsync(
                account.Name, before, policy.MostLicenses, now, (day, used) => MessagesOf(account.Name, day, used, now), cancellationToken) > 0)
            {
                signal.Wake();
            }
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    private IReadOnlyList<OutboxMessage> MessagesOf(string account, DateOnly day, IReadOnlyList<UsedLicense> used, DateTimeOffset now) =>
    [
        .. UsageReport.Of(day, used, policy).Select(report => new OutboxMessage(
            identifiers.NewMessageId(), UsageReport.DestinationKind, account, OrderingKey: null, UsageReport.Type, report.ToJson(), now)),
    ];

    private async Task DeleteOldAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The last day whose end is so long ago; and tomorrow is what comes after the report of today may be counted to.
        var through = policy.DayOf(now - KeptFor).AddDays(-1);
        var tomorrow = policy.DayOf(now).AddDays(1);
        int ids = 0, numbers = 0;
        LostUsage lost;
        do
        {
            lost = await store.DeleteOldAsync(now - KeptFor, through, tomorrow, cancellationToken);
            ids += lost.Ids;
            numbers += lost.Numbers;
        }
        while (lost.HasMore);
        if (ids + numbers > 0)
        {
            metrics.Reported(UsageMetrics.GivenUp, ids + numbers);
            LogGivenUp(ids, numbers, (int)KeptFor.TotalDays);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The use of licenses could not be reported, tried again every minute: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);

    [LoggerMessage(LogLevel.Warning, "Use of licenses could not be reported for {Days} days and is deleted: {Ids} ids, {Numbers} numbers. Look at the calls reportUsage in /admin/v1/marketplace/calls.")]
    private partial void LogGivenUp(int ids, int numbers, int days);
}
