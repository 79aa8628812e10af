namespace LicenseAuthority.Client.Notices;

/// <summary>Tells handlers of changes of the outcome: each once, in their order, under no lock. What a context drops is told with the next change. Thread-safe.</summary>
internal sealed class OutcomeWatch(SynchronizationContext? context, LicenseCheck first)
{
    private const int MostWaiting = 64;

    private readonly object _gate = new();
    private readonly Queue<LicenseOutcomeChangedEventArgs> _changes = new();
    private LicenseOutcome _last = first.Outcome;
    private bool _isTelling;

    /// <summary>
    /// Judges; if the outcome is another one than the last, the handlers are told. Judged one after the other, as an older answer behind a newer one would be two changes
    /// that never were; so <paramref name="judge"/> must wait for nothing.
    /// </summary>
    public void Look(Func<LicenseCheck> judge, object sender, EventHandler<LicenseOutcomeChangedEventArgs>? handlers)
    {
        lock (_gate)
        {
            var check = judge();
            if (check.Outcome == _last)
            {
                return;
            }

            if (_changes.Count == MostWaiting)
            {
                _changes.Dequeue();
            }

            _changes.Enqueue(new LicenseOutcomeChangedEventArgs(_last, check));
            _last = check.Outcome;
        }

        if (context is null)
        {
            Tell(sender, handlers);
        }
        else
        {
            Post(sender, handlers);
        }
    }

    private void Post(object sender, EventHandler<LicenseOutcomeChangedEventArgs>? handlers)
    {
        try
        {
            context!.Post(_ => Tell(sender, handlers), null);
        }
#pragma warning disable CA1031 // A context whose thread has ended: nobody is there to be told.
        catch (Exception)
#pragma warning restore CA1031
        {
            // With the next change, if ever.
        }
    }

    private void Tell(object sender, EventHandler<LicenseOutcomeChangedEventArgs>? handlers)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            LicenseOutcomeChangedEventArgs change;
            lock (_gate)
            {
                // Somebody else is at it, and goes on until there is nothing left.
                if (isFirst && _isTelling)
                {
                    return;
                }

                _isTelling = _changes.Count > 0;
                if (!_isTelling)
                {
                    return;
                }

                change = _changes.Dequeue();
            }

            foreach (var handler in handlers?.GetInvocationList() ?? [])
            {
                try
                {
                    ((EventHandler<LicenseOutcomeChangedEventArgs>)handler)(sender, change);
                }
#pragma warning disable CA1031 // The host's code: what it throws harms neither the other handlers nor the guard.
                catch (Exception)
#pragma warning restore CA1031
                {
                    // Nobody is there to be told.
                }
            }
        }
    }
}
