namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Writes down behind the calls what was kept of them in memory: all of it each time, and what is left at the end of the service. An outage of the store is waited
/// out. Thread-safe.
/// </summary>
internal abstract class WriteBehindService(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _writing = new(1, 1);
    private bool _failureTold;
    private volatile bool _isWell = true;

    protected TimeProvider Time { get; } = time;

    /// <summary>What comes alone shares a write with what comes soon after: each write is a flush of the disk that the next order might wait for.</summary>
    protected static TimeSpan Gathering { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Writes down what there is now. Throws what the store throws; what could not be stored is still there then.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await WriteAllNowAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// Writes down what there is now, and waits for that a moment: where the store is well, it is durable then. Where the last write failed nobody waits for a next one.
    /// Throws nothing.
    /// </summary>
    public async Task TryFlushAsync(TimeSpan longestWait)
    {
        try
        {
            await FlushWhileWellAsync().WaitAsync(longestWait, Time);
        }
        catch (TimeoutException)
        {
            // It goes on behind.
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // Calls have ended by now. A store that is away must not hold up the end.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(StopPatience);
            await FlushAsync(patience.Token);
        }
        catch (Exception exception)
        {
            TellLost(exception);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _writing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await WaitAsync(stoppingToken))
            {
                await FlushOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }
    }

    /// <summary>Waits until it is time to write; false = there will be nothing any more.</summary>
    protected abstract Task<bool> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Writes until nothing is left. Never twice at the same time.</summary>
    protected abstract Task WriteAllAsync(CancellationToken cancellationToken);

    /// <summary>What could not be stored is tried again: told once until it can be, and not where an outage of the store is told already.</summary>
    protected abstract void TellNotStored(Exception exception);

    /// <summary>The service ends, and what is left is lost.</summary>
    protected abstract void TellLost(Exception exception);

    /// <summary>The pause after a failure is over.</summary>
    protected virtual void TryAgain()
    {
    }

    private async Task FlushWhileWellAsync()
    {
        try
        {
            await _writing.WaitAsync();
            try
            {
                if (_isWell)
                {
                    await WriteAllNowAsync(CancellationToken.None);
                }
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (Exception)
        {
            // Kept; whoever writes behind tells of it if that fails too.
        }
    }

    private async Task WriteAllNowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAllAsync(cancellationToken);
            _isWell = true;
        }
        catch (Exception)
        {
            _isWell = false;
            throw;
        }
    }

    private async Task FlushOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
            _failureTold = false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // An outage of the store is told by whoever watches that.
            if (!_failureTold && !StoreFaults.IsReported(exception))
            {
                TellNotStored(exception);
                _failureTold = true;
            }

            await Task.Delay(PauseAfterFailure, Time, cancellationToken);
            TryAgain();
        }
    }
}
