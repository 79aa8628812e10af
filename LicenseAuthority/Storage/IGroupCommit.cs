namespace LicenseAuthority.Storage;

/// <summary>What a database counts of writes that share a COMMIT. Thread-safe.</summary>
internal interface IGroupCommit
{
    /// <summary>Raised when a write begins, with the time that it waited for its turn; on any thread, also on several at once.</summary>
    event Action<TimeSpan>? Begun;

    /// <summary>Raised after a durable COMMIT, with the number of writes that shared it; on any thread, also on several at once.</summary>
    event Action<int>? Committed;

    /// <summary>Durable COMMITs so far.</summary>
    long Commits { get; }

    /// <summary>Writes made durable so far; divided by <see cref="Commits"/>, how many share one.</summary>
    long Items { get; }

    /// <summary>Batches so far that failed and whose members ran again one by one.</summary>
    long Replays { get; }

    /// <summary>Writes that wait for their turn now.</summary>
    int QueueLength { get; }
}
