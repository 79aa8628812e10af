namespace LicenseAuthority.Storage;

/// <summary>
/// The open license database, whichever it is. Thread-safe. Every method throws <see cref="StoreBusyException"/> when the database cannot answer
/// in time, and <see cref="StorageException"/> when it cannot be used.
/// </summary>
internal interface IDatabase
{
    /// <summary>In what the databases differ.</summary>
    SqlDialect Dialect { get; }

    /// <summary>True while others write, as far as this process knows: a low write should be small then, as it is followed by a pause.</summary>
    bool IsContended { get; }

    /// <summary>Whether it stores, as a flag.</summary>
    DatabaseState State { get; }

    /// <summary>
    /// Looks whether its files are still where they were opened, and has a log that grew too long brought over; does nothing where there are none. To be
    /// called every few seconds: while nothing is written nobody else looks.
    /// </summary>
    void LookAfterFiles();

    /// <summary>Runs work in a transaction and returns its result when it is durable; an exception leaves nothing stored.</summary>
    /// <param name="work">
    /// Reads what its decision rests on, decides, writes. It may run MORE THAN ONCE, each time after a rollback: it must have no effect outside the
    /// database, and its answer must come from its last run alone. It awaits nothing but its session: others wait for it.
    /// </param>
    /// <param name="priority">Sweeps are low.</param>
    /// <param name="cancellationToken">Withdraws the work while it waits; once begun, it runs to its end.</param>
    Task<T> WriteAsync<T>(
        Func<IWriteSession, ValueTask<T>> work, WritePriority priority = WritePriority.Normal, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="WriteAsync"/>, for a short work of prepared statements that comes often: it may share its transaction with others that come at once. All of
    /// them are stored, or none of them; when one fails, each runs again alone, so that nobody notices the others.
    /// </summary>
    /// <param name="order">
    /// Works that share a transaction run in the order of this, so that two transactions that change the same rows meet at the first of them and not crosswise.
    /// </param>
    /// <param name="work">As of <see cref="WriteAsync"/>. Others see what it has written before it is durable, so its locks are to be asked for first.</param>
    /// <param name="priority">Sweeps are low.</param>
    /// <param name="cancellationToken">Withdraws the work while it waits; once begun, it runs to its end.</param>
    Task<T> WriteTogetherAsync<T>(
        string order, Func<IWriteSession, ValueTask<T>> work, WritePriority priority = WritePriority.Normal, CancellationToken cancellationToken = default) =>
        WriteAsync(work, priority, cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, for a prepared statement that comes often: it may go to the database together with others.</summary>
    ValueTask<T> ReadTogetherAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        ReadAsync(read, cancellationToken);

    /// <summary>Runs one statement that only reads. It sees every write that was answered before.</summary>
    ValueTask<T> ReadAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="ReadAsync"/>, for several statements that must see the same state.</summary>
    ValueTask<T> ReadSnapshotAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken = default);
}
