using LicenseAuthority.Licensing;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Wakes the publisher of this node after a COMMIT that may have changed an entry. Nothing is taken from the events: the publisher reads the rows, and finds by
/// itself, a second later, what nobody woke it for.
/// </summary>
internal sealed class StatusListSignal : WakeSignal, ICommitListener
{
    /// <inheritdoc/>
    public void Committed(IReadOnlyList<LicenseEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            // A license that begins has one code, and nothing against it.
            if (events[i].Before is not null)
            {
                Wake();
                return;
            }
        }
    }
}
