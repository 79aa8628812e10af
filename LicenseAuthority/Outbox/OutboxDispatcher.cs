using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Outbox;

/// <summary>
/// Sends what waits in the outbox. At least once: a message is recorded as delivered after the receiver has it, and a node that dies in between leaves a
/// claim that ends by itself. Woken by this node's commits; what other nodes wrote and what is to be tried again it finds by looking each second.
/// Each destination has places of its own, so one that hangs holds up no other. While the clock is in doubt it sends all the same, and neither gives up nor
/// deletes: by a clock that is ahead every message is old.
/// </summary>
internal sealed partial class OutboxDispatcher(
    IOutboxStore store, IEnumerable<IOutboxSender> senders, OutboxSignal signal, Backoff backoff, IOptions<OutboxOptions> options, TimeProvider time,
    ISettledClock clock, ILogger<OutboxDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TidyInterval = TimeSpan.FromMinutes(1);

    // So long another node may know a destination that this one does not: settings change on one node after the other.
    private static readonly TimeSpan UnknownFor = TimeSpan.FromHours(1);

    // How much longer than a send a claim lasts: to record the result, and for clocks that differ between nodes.
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Kind, string Id), Lane> _lanes = new();
    private readonly ConcurrentDictionary<Task, bool> _sends = new();
    private long? _tidiedAt;

    // A store that is away is told once, and not each second.
    private int _busyTold;

    /// <summary>
    /// Begins to send all that is due and for which there is a place; returns how many. The sends go on by themselves, see <see cref="WhenIdleAsync"/>.
    /// </summary>
    public async Task<int> DispatchAsync(CancellationToken cancellationToken)
    {
        var begun = 0;
        foreach (var sender in senders)
        {
            foreach (var destination in sender.Destinations)
            {
                if (destination.State == OutboxDestinationState.Open)
                {
                    begun += await DispatchAsync(sender, destination.Id, cancellationToken);
                }
            }
        }

        return begun;
    }

    /// <summary>Returns when nothing that was begun is on its way any more.</summary>
    public async Task WhenIdleAsync()
    {
        while (!_sends.IsEmpty)
        {
            await Task.WhenAll(_sends.Keys);
        }
    }

    /// <summary>
    /// Deletes what was delivered long ago, and what belongs to destinations that are removed; dead-letters what belongs to closed ones, and to those that no
    /// node has known for an hour. What waits for a time that a clock has gone back from is due.
    /// </summary>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        await AllBatchesAsync(() => store.RecallAsync(time.GetUtcNow(), cancellationToken));
        foreach (var sender in senders)
        {
            foreach (var destination in sender.Destinations)
            {
                switch (destination.State)
                {
                    case OutboxDestinationState.Closed:
                        await DeadLetterAllAsync(sender.Kind, destination.Id, cancellationToken);
                        break;
                    case OutboxDestinationState.Removed:
                        await AllBatchesAsync(() => store.DeleteAllAsync(sender.Kind, destination.Id, cancellationToken));
                        _lanes.TryRemove((sender.Kind, destination.Id), out _);
                        await sender.ForgetAsync(destination.Id, cancellationToken);
                        break;
                }
            }
        }

        if (!clock.IsSettled)
        {
            return;
        }

        foreach (var sender in senders)
        {
            await DeadLetterUnknownAsync(sender, cancellationToken);
        }

        var before = time.GetUtcNow() - options.Value.KeepDelivered;
        await AllBatchesAsync(() => store.DeleteDeliveredAsync(before, cancellationToken));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Enabled)
        {
            return;
        }

        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await DispatchOnceAsync(stoppingToken);
                await signal.WaitAsync(PollInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }

        // They are cancelled too, and give their claims back.
        await WhenIdleAsync();
    }

    private async Task DispatchOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DispatchAsync(cancellationToken);
            if (_tidiedAt is not { } tidiedAt || time.GetElapsedTime(tidiedAt) >= TidyInterval)
            {
                _tidiedAt = time.GetTimestamp();
                await TidyAsync(cancellationToken);
            }

            _busyTold = 0;
        }
        catch (StoreBusyException exception)
        {
            TellBusy(exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Nothing is expected here; if it comes all the same, the next round must be made.
            TellFailed(exception);
        }
    }

    private async Task<int> DispatchAsync(IOutboxSender sender, string destinationId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var lane = _lanes.GetOrAdd((sender.Kind, destinationId), _ => new Lane(time));
        var places = lane.FreePlaces(sender.Places);
        if (places == 0 || !await store.IsDueAsync(sender.Kind, destinationId, now, cancellationToken))
        {
            return 0;
        }

        var claimed = await store.ClaimAsync(
            sender.Kind, destinationId, places, now, now + sender.LongestSend + ClaimMargin, cancellationToken);
        foreach (var message in claimed)
        {
            lane.Begin();
            var send = Task.Run(() => SendAsync(sender, lane, message, cancellationToken), CancellationToken.None);
            _sends[send] = true;
            _ = send.ContinueWith(ended => _sends.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return claimed.Count;
    }

    // Never throws: nobody waits for it.
    private async Task SendAsync(IOutboxSender sender, Lane lane, ClaimedMessage message, CancellationToken cancellationToken)
    {
        var failed = true;
        TimeSpan? pause = null;
        try
        {
            var result = await sender.SendAsync(message, cancellationToken);
            failed = result.Outcome is not (SendOutcome.Delivered or SendOutcome.Refused);
            pause = await RecordAsync(sender, message, result);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await ReleaseAsync(message);
        }
        catch (StoreBusyException exception)
        {
            // The claim ends by itself, and the message is sent again.
            TellBusy(exception);
        }
        catch (Exception exception)
        {
            TellFailed(exception);
        }
        finally
        {
            lane.End(failed, pause);
            signal.Wake();
        }
    }

    // What the receiver did is recorded even when the node stops. Returns for how long the receiver asks to be left alone, if it does.
    private async Task<TimeSpan?> RecordAsync(IOutboxSender sender, ClaimedMessage message, SendResult result)
    {
        var now = time.GetUtcNow();
        switch (result.Outcome)
        {
            case SendOutcome.Delivered:
                await store.DeliveredAsync(message, result, now, CancellationToken.None);
                return null;
            case SendOutcome.Gone:
                await store.DeadLetteredAsync(message, result, now, CancellationToken.None);
                await sender.CloseAsync(message.DestinationId, CancellationToken.None);
                LogGone(message.DestinationKind, message.DestinationId);
                await DeadLetterAllAsync(message.DestinationKind, message.DestinationId, CancellationToken.None);
                return null;
            case SendOutcome.Refused:
                await store.DeadLetteredAsync(message, result, now, CancellationToken.None);
                return null;
            case SendOutcome.Failed when now >= message.GiveUpAt && clock.IsSettled:
                await store.DeadLetteredAsync(message, result, now, CancellationToken.None);
                LogDeadLettered(message.Id, message.DestinationKind, message.DestinationId, result.Error);
                return null;
            default:
                TimeSpan? pause = result.RetryAfter is { } asked ? Backoff.PauseFor(asked) : null;
                var wait = backoff.WaitAfter(sender.Waits, message.Failures);
                var next = now + (pause > wait ? pause.Value : wait);
                await store.FailedAsync(message, result, now, next < message.GiveUpAt || now >= message.GiveUpAt ? next : message.GiveUpAt, CancellationToken.None);
                return pause;
        }
    }

    private async Task ReleaseAsync(ClaimedMessage message)
    {
        try
        {
            await store.ReleaseAsync(message, time.GetUtcNow(), CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreBusyException or ObjectDisposedException)
        {
            // The claim ends by itself.
        }
    }

    private void TellBusy(StoreBusyException exception)
    {
        if (!exception.IsReported && Interlocked.Exchange(ref _busyTold, 1) == 0)
        {
            LogBusy(exception.Message);
        }
    }

    private void TellFailed(Exception exception)
    {
        if (!StoreFaults.IsReported(exception))
        {
            LogFailed(exception);
        }
    }

    private Task<int> DeadLetterAllAsync(string kind, string destinationId, CancellationToken cancellationToken) => AllBatchesAsync(
        () => store.DeadLetterAllAsync(kind, destinationId, "the destination is disabled", time.GetUtcNow(), cancellationToken));

    private async Task DeadLetterUnknownAsync(IOutboxSender sender, CancellationToken cancellationToken)
    {
        var known = sender.Destinations.Select(static destination => destination.Id).ToHashSet(StringComparer.Ordinal);
        var now = time.GetUtcNow();
        foreach (var unknown in await store.ListOverdueAsync(sender.Kind, now - UnknownFor, now, cancellationToken))
        {
            if (!known.Contains(unknown))
            {
                var count = await AllBatchesAsync(
                    () => store.DeadLetterAllAsync(sender.Kind, unknown, "the destination is no longer configured", time.GetUtcNow(), cancellationToken));
                LogUnknown(count, sender.Kind, unknown);
            }
        }
    }

    // Returns how many were done.
    private static async Task<int> AllBatchesAsync(Func<Task<int>> batch)
    {
        var all = 0;
        int done;
        do
        {
            all += done = await batch();
        }
        while (done >= IOutboxStore.BatchSize);
        return all;
    }

    [LoggerMessage(LogLevel.Warning, "The outbox goes on later, the store is busy: {Reason}")]
    private partial void LogBusy(string reason);

    [LoggerMessage(LogLevel.Error, "The outbox met an error; it goes on.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(LogLevel.Warning, "Message {MessageId} to {Kind} {DestinationId} is dead-lettered: it failed for 3 days, at last because {Reason}. Have it sent again when the receiver is mended.")]
    private partial void LogDeadLettered(string messageId, string kind, string destinationId, string? reason);

    [LoggerMessage(LogLevel.Warning, "{Count} messages to {Kind} {DestinationId} are dead-lettered: it is no longer configured. Have them sent again when it is.")]
    private partial void LogUnknown(int count, string kind, string destinationId);

    [LoggerMessage(LogLevel.Warning, "The receiver of {Kind} {DestinationId} says that it is gone: it is disabled, its messages are dead-lettered.")]
    private partial void LogGone(string kind, string destinationId);

    // What this node has under way at one destination. A pause is counted by the monotonic clock: none gets longer because the wall clock goes back.
    private sealed class Lane(TimeProvider time)
    {
        private readonly Lock _lock = new();
        private int _underWay;
        private bool _failing;
        private long _pausedAt;
        private TimeSpan _pause = TimeSpan.Zero;

        private TimeSpan PauseLeft => _pause == TimeSpan.Zero ? TimeSpan.Zero : _pause - time.GetElapsedTime(_pausedAt);

        public int FreePlaces(OutboxPlaces places)
        {
            lock (_lock)
            {
                return PauseLeft > TimeSpan.Zero ? 0 : Math.Max(0, (_failing ? places.WhileItFails : places.WhileItAnswers) - _underWay);
            }
        }

        public void Begin()
        {
            lock (_lock)
            {
                _underWay++;
            }
        }

        public void End(bool failed, TimeSpan? pause)
        {
            lock (_lock)
            {
                _underWay--;
                _failing = failed;
                if (pause > PauseLeft)
                {
                    _pausedAt = time.GetTimestamp();
                    _pause = pause.Value;
                }
            }
        }
    }
}
