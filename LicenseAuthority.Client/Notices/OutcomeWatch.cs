namespace LicenseAuthority.Client.Notices;

/// <summary>Tells handlers of changes of the outcome: each once, in their order, under no lock. Thread-safe.</summary>
internal sealed class OutcomeWatch(SynchronizationContext? context, LicenseCheck first)
{
    private readonly object _gate = new();
    private readonly Queue<LicenseOutcomeChangedEventArgs> _changes = new();
    private LicenseOutcome _last = first.Outcome;
    private bool _isTelling;

    /// <summary>Looks at a check; if its outcome is another one than the last, the handlers are told.</summary>
    public void Look(in LicenseCheck check, object sender, EventHandler<LicenseOutcomeChangedEventArgs>? handlers)
    {
        lock (_gate)
        {
            if (check.Outcome == _last)
            {
                return;
            }

            _changes.Enqueue(new LicenseOutcomeChangedEventArgs(_last, check));
            _last = check.Outcome;
            if (_isTelling)
            {
                return;
            }

            _isTelling = true;
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
            lock (_gate)
            {
                _changes.Clear();
                _isTelling = false;
            }
        }
    }

    private void Tell(object sender, EventHandler<LicenseOutcomeChangedEventArgs>? handlers)
    {
        while (true)
        {
            LicenseOutcomeChangedEventArgs change;
            lock (_gate)
            {
                if (_changes.Count == 0)
                {
                    _isTelling = false;
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
