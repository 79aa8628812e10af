using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Licensing;

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

    /// <summary>This order, which was paid for and has no license, is stored as unserved. Otherwise as <see cref="Committed"/>.</summary>
    void Unserved(OpenConflict entry)
    {
    }
}

/// <summary>All who hear of commits: the one hook after COMMIT.</summary>
internal sealed partial class CommitListeners(IEnumerable<ICommitListener> listeners, ILogger<CommitListeners> logger)
{
    private readonly ICommitListener[] _listeners = [.. listeners];

    public void Tell(IReadOnlyList<LicenseEvent> events) => Tell(events, static (listener, events) => listener.Committed(events));

    /// <summary>Tells all of them of an order that is not served.</summary>
    public void Tell(OpenConflict entry) => Tell(entry, static (listener, entry) => listener.Unserved(entry));

    private void Tell<T>(T stored, Action<ICommitListener, T> tell)
    {
        foreach (var listener in _listeners)
        {
            try
            {
                tell(listener, stored);
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
