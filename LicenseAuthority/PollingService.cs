namespace LicenseAuthority;

/// <summary>
/// Looks at something again and again while the service runs. A look that fails is told once, until one succeeds, unless it fails for an outage of the store
/// that is told already; nothing but the stop of the service ends it. Never two looks at the same time.
/// </summary>
/// <param name="interval">From the end of a look to the next one. Single delays and no periodic timer: a clock that jumps by a year would have that
/// fire millions of times.</param>
/// <param name="lookAtStart">Whether the first look is made at once, or after the first interval.</param>
/// <param name="time">The clock.</param>
internal abstract class PollingService(TimeSpan interval, bool lookAtStart, TimeProvider time) : BackgroundService
{
    private bool _told;

    protected TimeProvider Time { get; } = time;

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (lookAtStart)
            {
                await LookOnceAsync(stoppingToken);
            }

            while (true)
            {
                await Task.Delay(interval, Time, stoppingToken);
                await LookOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }
    }

    protected abstract Task LookAsync(CancellationToken cancellationToken);

    /// <summary>Logs the first failure after a success.</summary>
    protected abstract void TellFailure(Exception exception);

    private async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken);
            _told = false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An outage of the store is told by whoever watches that: here it would be told once for each service.
            if (!_told && !StoreFaults.IsReported(exception))
            {
                TellFailure(exception);
                _told = true;
            }
        }
    }
}
