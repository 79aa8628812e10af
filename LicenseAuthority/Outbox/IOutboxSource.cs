using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Outbox;

/// <summary>Makes messages of what happens to licenses. Thread-safe.</summary>
internal interface IOutboxSource
{
    /// <summary>
    /// The messages about these events, in the order of the events; empty when nobody wants to hear of them, which must cost next to nothing.
    /// Called before the transaction, on the caller's thread; what it returns may be thrown away.
    /// </summary>
    /// <param name="events">The events of one change.</param>
    /// <param name="conflictId">The conflict that the change stores, or null.</param>
    IReadOnlyList<OutboxMessage> MessagesOf(IReadOnlyList<LicenseEvent> events, string? conflictId);

    /// <summary>The messages about an order that was refused and has no license, as above.</summary>
    IReadOnlyList<OutboxMessage> MessagesOf(OpenConflict unserved);

    /// <summary>The messages about something that happened to no license, as above.</summary>
    IReadOnlyList<OutboxMessage> MessagesOf(Notice notice);

    /// <summary>The message with which a code goes to the marketplace that asked for it; empty = another source's matter. One of all sources makes it.</summary>
    IReadOnlyList<OutboxMessage> MessagesOf(CodeToDeliver code);

    /// <summary>Whether it makes messages of such events; asked of every stored event.</summary>
    bool Hears(LicenseEventType type);
}
