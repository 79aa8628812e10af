using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Outbox;

/// <summary>What the store asks when it writes events: which messages go with them. Has them sent as soon as they are stored. Thread-safe.</summary>
internal sealed class OutboxFeed(IEnumerable<IOutboxSource> sources, OutboxSignal signal) : ICommitListener
{
    private readonly IOutboxSource[] _sources = [.. sources];

    /// <summary>A feed without anybody who listens.</summary>
    public static OutboxFeed None => new([], new OutboxSignal());

    /// <inheritdoc cref="IOutboxSource.MessagesOf(IReadOnlyList{LicenseEvent}, string)"/>
    public IReadOnlyList<OutboxMessage> MessagesOf(IReadOnlyList<LicenseEvent> events, string? conflictId = null)
    {
        List<OutboxMessage>? all = null;
        foreach (var source in _sources)
        {
            if (source.MessagesOf(events, conflictId) is { Count: > 0 } some)
            {
                (all ??= []).AddRange(some);
            }
        }

        return all ?? (IReadOnlyList<OutboxMessage>)[];
    }

    /// <inheritdoc cref="IOutboxSource.MessagesOf(OpenConflict)"/>
    public IReadOnlyList<OutboxMessage> MessagesOf(OpenConflict unserved) => [.. _sources.SelectMany(source => source.MessagesOf(unserved))];

    /// <inheritdoc cref="IOutboxSource.MessagesOf(Notice)"/>
    public IReadOnlyList<OutboxMessage> MessagesOf(Notice notice) => [.. _sources.SelectMany(source => source.MessagesOf(notice))];

    /// <inheritdoc cref="IOutboxSource.MessagesOf(CodeToDeliver)"/>
    public IReadOnlyList<OutboxMessage> MessagesOf(CodeToDeliver code) => [.. _sources.SelectMany(source => source.MessagesOf(code))];

    /// <inheritdoc/>
    public void Unserved(OpenConflict entry) => signal.Wake();

    /// <inheritdoc/>
    public void Committed(IReadOnlyList<LicenseEvent> events)
    {
        foreach (var source in _sources)
        {
            for (var i = 0; i < events.Count; i++)
            {
                if (source.Hears(events[i].Type))
                {
                    signal.Wake();
                    return;
                }
            }
        }
    }
}
