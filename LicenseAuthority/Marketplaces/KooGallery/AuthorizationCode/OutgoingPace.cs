namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>
/// Lets so many calls a second go out, the others after it in their order, none later than it may wait. Counts timestamps: no correction of the clock makes anybody
/// wait longer. Thread-safe.
/// </summary>
/// <param name="most">So many within any second, from 1 on.</param>
/// <param name="time">The clock.</param>
internal sealed class OutgoingPace(int most, TimeProvider time)
{
    private readonly Lock _gate = new();

    // When the last calls went out, or will: the oldest at the next place.
    private readonly long?[] _turns = new long?[most];
    private int _next;

    /// <summary>Waits for the turn of one call. False = it would not come in time, and nothing was taken.</summary>
    /// <param name="longestWait">How long it may wait.</param>
    /// <param name="cancellationToken">Gives up; its turn is lost.</param>
    public async ValueTask<bool> TryEnterAsync(TimeSpan longestWait, CancellationToken cancellationToken)
    {
        if (TakeTurn(longestWait) is not { } wait)
        {
            return false;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellationToken);
        }

        return true;
    }

    private TimeSpan? TakeTurn(TimeSpan longestWait)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var turn = _turns[_next] is { } earlier && earlier + time.TimestampFrequency is var free && free > now ? free : now;
            var wait = time.GetElapsedTime(now, turn);
            if (wait > longestWait)
            {
                return null;
            }

            _turns[_next] = turn;
            _next = (_next + 1) % most;
            return wait;
        }
    }
}
