namespace LicenseAuthority.StatusLists;

/// <summary>Lets the <see cref="StatusListPublisher"/> look: when it is woken, and each second for what other nodes have changed.</summary>
internal sealed class StatusListService(StatusListPublisher publisher, PublishedBlocks blocks, StatusListSignal signal, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Between two pages of a rebuild, which is in no hurry: half of a core at most.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Yield();
            while (true)
            {
                await publisher.LookAsync(stoppingToken);
                if (blocks.IsHeldUp)
                {
                    await blocks.RetryAsync(stoppingToken);
                }

                await signal.WaitAsync(publisher.HasMore ? Pause : Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }
    }
}
