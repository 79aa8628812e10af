using LicenseAuthority.Licensing;

namespace LicenseAuthority.Outbox;

/// <summary>What the store asks when it writes events: which messages go with them. Thread-safe.</summary>
internal sealed class OutboxFeed(IEnumerable<IOutboxSource> sources, OutboxSignal signal)
{
    private readonly IOutboxSource[] _sources = [.. sources];

    /// <summary>A feed without anybody who listens.</summary>
    public static OutboxFeed None => new([], new OutboxSignal());

    /// <inheritdoc cref="IOutboxSource.MessagesOf"/>
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

    /// <summary>Says that messages were stored: they are sent at once.</summary>
    public void Stored() => signal.Wake();
}
