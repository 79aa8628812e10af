using System.Collections.Concurrent;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>
/// Sees to it that a renewal which the marketplace calls but once, and which was refused, is kept for an operator: at once, or as soon as the store takes it. What
/// waits is lost when the process ends; the log has it. Thread-safe.
/// </summary>
internal sealed partial class MissedRenewals(UnservedRenewals renewals, TimeProvider time, ILogger<MissedRenewals> logger)
    : PollingService(Interval, lookAtStart: false, time)
{
    /// <summary>So many wait at most.</summary>
    public const int Most = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ConcurrentQueue<UnservedRenewal> _waiting = new();

    /// <summary>Keeps one. Throws nothing.</summary>
    /// <param name="renewal">The renewal.</param>
    /// <param name="storeIsBusy">It was refused because the store did not answer in time: the caller cannot wait for that once more.</param>
    public async Task KeepAsync(UnservedRenewal renewal, bool storeIsBusy)
    {
        if (storeIsBusy || !await TryKeepAsync(renewal))
        {
            if (_waiting.Count < Most)
            {
                _waiting.Enqueue(renewal);
            }
            else
            {
                LogDropped(renewal.Target.Account!, renewal.Source.OrderId!);
            }
        }
    }

    /// <summary>Keeps what waits. Throws what the store throws; what is not kept goes on to wait.</summary>
    public async Task KeepWaitingAsync(CancellationToken cancellationToken)
    {
        while (_waiting.TryPeek(out var renewal))
        {
            try
            {
                await renewals.KeepAsync(renewal, cancellationToken);
            }
            catch (Exception exception) when (exception is not (IStoreFault or OperationCanceledException))
            {
                // It would keep the others out for ever.
                LogFailed(exception, renewal.Target.Account!, renewal.Source.OrderId!, exception.GetType().Name);
            }

            _waiting.TryDequeue(out _);
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await KeepWaitingAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IStoreFault or OperationCanceledException)
        {
            LogLost(_waiting.Count);
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => KeepWaitingAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogWaiting(exception, _waiting.Count, exception.Message);

    private async Task<bool> TryKeepAsync(UnservedRenewal renewal)
    {
        try
        {
            await renewals.KeepAsync(renewal, CancellationToken.None);
            return true;
        }
        catch (Exception exception)
        {
            // Often the same fault for which it was refused, and that was logged with all that is known.
            if (!StoreFaults.IsReported(exception))
            {
                LogNotKept(renewal.Target.Account!, renewal.Source.OrderId!, exception.GetType().Name);
            }

            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The renewal order {OrderId} of account {Account} was refused and could not be kept at once, tried again every 2 s: {Kind}.")]
    private partial void LogNotKept(string account, string orderId, string kind);

    [LoggerMessage(LogLevel.Warning, "{Count} renewals that were refused could not be kept, tried again every 2 s: {Reason}")]
    private partial void LogWaiting(Exception exception, int count, string reason);

    [LoggerMessage(LogLevel.Error, "ALARM: the renewal order {OrderId} of account {Account} was refused and cannot be kept: {Kind}. See to it that what was paid for arrives.")]
    private partial void LogFailed(Exception exception, string account, string orderId, string kind);

    [LoggerMessage(LogLevel.Error, "ALARM: the renewal order {OrderId} of account {Account} was refused and is not kept, as too many wait. See to it that what was paid for arrives.")]
    private partial void LogDropped(string account, string orderId);

    [LoggerMessage(LogLevel.Error, "ALARM: {Count} renewals that were refused are not kept, as the store did not take them before the service stopped; each was told when it was refused.")]
    private partial void LogLost(int count);
}
