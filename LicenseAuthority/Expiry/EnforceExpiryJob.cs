using LicenseAuthority.Clock;
using LicenseAuthority.Licensing;
using Quartz;

namespace LicenseAuthority.Expiry;

/// <summary>
/// Has what the clock decided recorded. One run at a time; whatever a run leaves, because it failed or the service stopped, the next one finds again,
/// as due licenses stay due until they are settled. While the time is in doubt it records nothing: states are right without it, and a release cannot be
/// taken back.
/// </summary>
[DisallowConcurrentExecution]
internal sealed partial class EnforceExpiryJob(ExpiryEnforcer enforcer, SteadyTime time, ILogger<EnforceExpiryJob> logger) : IJob
{
    /// <summary>The job's fixed identity.</summary>
    public static readonly JobKey Key = new("enforce-expiry", "license-authority");

    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        if (!time.Read().IsSettled)
        {
            return;
        }

        try
        {
            var settled = await enforcer.SettleDueAsync(cancellationToken);
            if (settled > 0)
            {
                LogSettled(settled);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }
        catch (Exception exception) when (StoreFaults.IsReported(exception))
        {
            // Told once for all; what is due stays due.
        }
        catch (StoreBusyException exception)
        {
            LogBusy(exception.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "The clock decided on {Count} licenses; recorded.")]
    private partial void LogSettled(int count);

    [LoggerMessage(LogLevel.Warning, "Due licenses were not all settled, the next run goes on: {Reason}")]
    private partial void LogBusy(string reason);
}
