using System.Globalization;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// Reports how licenses were used (protocol section 4e). A destination is an account. What was reported is deleted before the message counts as delivered: a process
/// that is killed in between reports the same once more, and never forgets any of it. Thread-safe.
/// </summary>
internal sealed partial class UsageSender(
    SellerAccounts accounts, IUsageStore store, UsagePolicy policy, RecordedOpenApi openApi, UsageMetrics metrics, ILogger<UsageSender> logger) : IOutboxSender
{
    // So many licenses are named in the log.
    private const int MostNamed = 20;

    /// <inheritdoc/>
    public string Kind => UsageReport.DestinationKind;

    /// <inheritdoc/>
    /// <remarks>A report may have some megabytes.</remarks>
    public TimeSpan LongestSend => TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IReadOnlyList<TimeSpan> Waits => Backoff.PatientWaits;

    /// <inheritdoc/>
    public IReadOnlyList<OutboxDestination> Destinations { get; } =
    [
        .. accounts.All.Where(static account => account.OpenApi.IsConfigured)
            .Select(static account => new OutboxDestination(account.Name, OutboxDestinationState.Open)),
    ];

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(ClaimedMessage message, CancellationToken cancellationToken)
    {
        if (accounts.Find(message.DestinationId) is not { OpenApi.IsConfigured: true } account)
        {
            return new SendResult(SendOutcome.Failed, null, "the account has no credentials for the open API");
        }

        var report = UsageReport.Read(message.Payload);
        try
        {
            var usages = await store.ReadAsync(report, policy.MostEntries, cancellationToken);
            if (usages.Count == 0)
            {
                return new SendResult(SendOutcome.Delivered, null, "not reported: nothing is left of it, it was reported before or is too old");
            }

            var answer = await openApi.ReportUsageAsync(account, report.Day, usages, LongestSend, cancellationToken);
            return await EndAsync(account, report, usages, answer);
        }
        catch (Exception exception) when (exception is IStoreFault)
        {
            return new SendResult(SendOutcome.Failed, null, "the store is busy");
        }
    }

    /// <inheritdoc/>
    public Task CloseAsync(string destinationId, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task ForgetAsync(string destinationId, CancellationToken cancellationToken) => Task.CompletedTask;

    // What was answered counts, whether this node stops meanwhile or not.
    private async Task<SendResult> EndAsync(SellerAccount account, UsageReport report, IReadOnlyList<LicenseUsage> usages, UsageAnswer answer)
    {
        var failed = answer.FailedLicenses.ToHashSet(StringComparer.Ordinal);
        var isRefused = failed.Count == 0 && answer.Answer is { Error: null, Code: OpenApiCodes.BadParameter or OpenApiCodes.BadParameterOfCodes };

        // Of a call that was refused because of some, the others are reported again without these.
        var isOver = answer.Answer.Succeeded || isRefused || failed.Count == usages.Count;
        LicenseUsage[] done = [.. usages.Where(usage => isOver || failed.Contains(usage.LicenseId))];
        if (done.Length > 0)
        {
            await store.RemoveAsync(report, [.. done.Select(static usage => usage.LicenseId)], policy.MostEntries, CancellationToken.None);
        }

        LicenseUsage[] sent = [.. done.Where(usage => answer.Answer.Succeeded && !failed.Contains(usage.LicenseId))];
        metrics.Reported(UsageMetrics.Sent, sent.Sum(static usage => usage.Entries));
        metrics.Reported(UsageMetrics.Refused, done.Except(sent).Sum(static usage => usage.Entries));
        if (isRefused)
        {
            LogRefused(usages.Count, account.Name, report.Day.ToString("O", CultureInfo.InvariantCulture), answer.Answer.Summary);
        }
        else if (answer.Failed > 0 && done.Length > 0)
        {
            var named = failed.Count == 0 ? "none that is known here" : string.Join(", ", failed.Order(StringComparer.Ordinal).Take(MostNamed));
            LogFailedChecks(answer.Failed, account.Name, report.Day.ToString("O", CultureInfo.InvariantCulture), answer.Answer.Summary, named);
        }

        // Not dead-lettered where it is refused: there would be nothing to send again.
        return new SendResult(
            isOver ? SendOutcome.Delivered : SendOutcome.Failed, answer.Answer.Status, answer.Answer.Succeeded ? null : answer.Answer.Summary, answer.Answer.Code);
    }

    [LoggerMessage(LogLevel.Warning, "The marketplace refuses the use of {Count} licenses of account {Account} on {Day}: {Answer}. It is not reported again.")]
    private partial void LogRefused(int count, string account, string day, string answer);

    [LoggerMessage(LogLevel.Warning, "The marketplace did not take all of the use of licenses of account {Account} on {Day}, {Count} entries failed its check: {Answer}. They are not reported again; of these licenses: {Licenses}.")]
    private partial void LogFailedChecks(int count, string account, string day, string answer, string licenses);
}
