namespace LicenseAuthority.StatusLists;

/// <summary>Lets the <see cref="StatusListPublisher"/> look: when it is woken, and each second for what other nodes have changed.</summary>
internal sealed class StatusListService(StatusListPublisher publisher, PublishedBlocks blocks, StatusListSignal signal, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Yield();
            while (true)
            {
                var startedAt = time.GetTimestamp();
                await publisher.LookAsync(stoppingToken);
                if (blocks.IsHeldUp)
                {
                    await blocks.RetryAsync(stoppingToken);
                }

                // Half of a core at most, also while a sweep wakes it with every batch: a rebuild is in no hurry, and lists have a pace of their own. What took longer
                // has waited for the database, or the machine slept.
                if (time.GetElapsedTime(startedAt) is var took && took < Interval)
                {
                    await Task.Delay(took, time, stoppingToken);
                }

                if (!publisher.HasMore)
                {
                    await signal.WaitAsync(Interval, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }
    }
}
