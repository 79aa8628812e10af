namespace LicenseAuthority.Storage.Sqlite;

/// <summary>What bounds the writer. The defaults are the product's; tests make them small.</summary>
internal sealed record SqliteWriterLimits
{
    /// <summary>How many writes of each priority may wait.</summary>
    public int QueueCapacity { get; init; } = 4_096;

    /// <summary>How many writes share a COMMIT at most.</summary>
    public int MaxBatchItems { get; init; } = 256;

    /// <summary>After this time a batch takes no further write, so that its first one is not kept waiting.</summary>
    public TimeSpan MaxBatchTime { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long a write may wait before it begins. The marketplace gives up after 5 s.</summary>
    public TimeSpan MaxQueueTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long after it was handed in a write that has begun is waited for. Longer than the wait in the queue, because its outcome
    /// is worth knowing: disks stall for a moment and then go on.
    /// </summary>
    public TimeSpan MaxOutcomeTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After so many normal writes in a row a low one that waits is taken.</summary>
    public int NormalWritesPerLowWrite { get; init; } = 256;

    /// <summary>Pages of 4 KiB written to the write-ahead log after which it is brought over. With fewer the same page would be written more often.</summary>
    public int PagesBetweenCheckpoints { get; init; } = 4_000;

    /// <summary>Length of the log in pages from which on the writer ends it. A start after a crash reads it all: 64 MB.</summary>
    public int LongLogPages { get; init; } = 16_000;
}
