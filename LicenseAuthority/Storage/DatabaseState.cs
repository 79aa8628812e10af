namespace LicenseAuthority.Storage;

/// <summary>
/// Whether what is sold can be stored, as flags that anybody may read at any time: nothing here asks the database. Thread-safe.
/// <para>
/// Red from a write (or read) that the database or its disk failed, until the next good write; a lock that another program holds, or a full queue, is no
/// such failure. Lost, and then for good, when the open files are no longer those at their paths.
/// </para>
/// </summary>
/// <param name="file">The SQLite file; null when the database is on a server.</param>
internal sealed class DatabaseState(string? file = null)
{
    /// <summary>
    /// Pages that a write must have written to prove, after a full disk, that an order can be stored: the last blocks of a full disk take many a small
    /// write, and no order. An order writes about 20.
    /// </summary>
    public const int PagesThatProve = 8;

    private volatile Failure? _failure;
    private volatile string? _checkpointFault;

    /// <summary>Raised, on any thread, when it turns red, green or lost. Listeners return at once and throw nothing.</summary>
    public event Action? Changed;

    /// <summary>Why nothing can be stored; null = it can. For the log: it may name paths and servers.</summary>
    public string? Fault => _failure?.Reason;

    /// <summary>True when nothing will ever be stored again by this process, which is about to end.</summary>
    public bool IsLost => _failure is { IsLost: true };

    /// <summary>Why the write-ahead log could not be brought over when that was tried last; null = it could, or there is none.</summary>
    public string? CheckpointFault
    {
        get => _checkpointFault;
        set
        {
            if (_checkpointFault != value)
            {
                _checkpointFault = value;
                Changed?.Invoke();
            }
        }
    }

    /// <summary>Free space of the database's disk, asked now; null when it cannot be told, or the database is on a server.</summary>
    public long? FreeBytes
    {
        get
        {
            try
            {
                return file is null ? null : new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return null;
            }
        }
    }

    /// <summary>Length of the write-ahead log's file, asked now; null when there is none.</summary>
    public long? LogBytes => file is not null && new FileInfo(file + "-wal") is { Exists: true } log ? log.Length : null;

    /// <summary>The database or its disk failed a write or a read.</summary>
    /// <param name="reason">What and why.</param>
    /// <param name="isFull">It has no space left.</param>
    public void Failed(string reason, bool isFull = false) => Replace(
        before => before is { IsLost: true } ? before : new Failure(reason, isFull || before is { IsFull: true }, IsLost: false));

    /// <summary>A write is durable.</summary>
    /// <param name="pages">How many pages it wrote, where that is known.</param>
    public void Written(int pages = int.MaxValue)
    {
        if (_failure is not null)
        {
            Replace(before => before is { IsLost: true } || (before is { IsFull: true } && pages < PagesThatProve) ? before : null);
        }
    }

    /// <summary>The files are gone: this process must end.</summary>
    public void Lose(string reason) => Replace(_ => new Failure(reason, IsFull: false, IsLost: true));

    private void Replace(Func<Failure?, Failure?> change)
    {
        while (true)
        {
            var before = _failure;
            var after = change(before);
            if (Interlocked.CompareExchange(ref _failure, after, before) != before)
            {
                continue;
            }

            if (before is null != after is null || before?.IsLost != after?.IsLost)
            {
                Changed?.Invoke();
            }

            return;
        }
    }

    private sealed record Failure(string Reason, bool IsFull, bool IsLost);
}
