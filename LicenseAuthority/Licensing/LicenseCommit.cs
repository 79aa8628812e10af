using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Licensing;

/// <summary>All that one decision changes, stored in one transaction.</summary>
internal sealed record LicenseCommit
{
    /// <summary>The license as it was read; null for a new one. The commit is overtaken when the stored version is another.</summary>
    public required License? Before { get; init; }

    /// <summary>The license as it shall be.</summary>
    public required License After { get; init; }

    /// <summary>What happened, in order; at least one.</summary>
    public required IReadOnlyList<LicenseEvent> Events { get; init; }

    /// <summary>The new code, or null.</summary>
    public SignedCode? Code { get; init; }

    /// <summary>The order that the license was issued for, when it is new.</summary>
    public PlacedOrder? Order { get; init; }

    /// <summary>The renewal or refund order behind the change, or null.</summary>
    public FollowUpOrder? FollowUpOrder { get; init; }

    /// <summary>Under which keys the answer is remembered.</summary>
    public IReadOnlyList<CallKey> Keys { get; init; } = [];

    /// <summary>The answer that is remembered under <see cref="Keys"/>.</summary>
    public CommandOutcome Outcome { get; init; }

    /// <summary>A conflict or unserved order that an operator has to decide, or null.</summary>
    public OpenConflict? Conflict { get; init; }

    /// <summary>The conflict that this settles, or null.</summary>
    public ConflictResolution? Resolution { get; init; }

    /// <summary>
    /// The instant from which the clock would have decided otherwise: the commit is overtaken when that has passed by the time it is stored. Null = never.
    /// </summary>
    public DateTimeOffset? GoodUntil { get; init; }
}

/// <summary>What became of a <see cref="LicenseCommit"/>.</summary>
internal enum StoreOutcome
{
    /// <summary>Stored, durably.</summary>
    Stored = 0,

    /// <summary>Somebody else was first; nothing was stored.</summary>
    Overtaken = 1,
}

/// <summary>
/// Hears of every event once it is durable, whoever brought it about: calls and the clock's sweep. For what follows from changes and can be made up for when
/// it is missed, since the process may end in between. Thread-safe.
/// </summary>
internal interface ICommitListener
{
    /// <summary>
    /// These events are stored. Called by whoever stored them, who goes on afterwards: hand over and return. An exception is logged and harms nobody.
    /// </summary>
    void Committed(IReadOnlyList<LicenseEvent> events);
}

/// <summary>All who hear of commits: the one hook after COMMIT.</summary>
internal sealed partial class CommitListeners(IEnumerable<ICommitListener> listeners, ILogger<CommitListeners> logger)
{
    private readonly ICommitListener[] _listeners = [.. listeners];

    /// <summary>Tells all of them.</summary>
    public void Tell(IReadOnlyList<LicenseEvent> events)
    {
        foreach (var listener in _listeners)
        {
            try
            {
                listener.Committed(events);
            }
            catch (Exception exception)
            {
                // What was stored is stored, and its caller must hear so.
                LogFailed(exception, listener.GetType().Name);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "{Listener} failed when it was told of stored events; they are stored all the same.")]
    private partial void LogFailed(Exception exception, string listener);
}
