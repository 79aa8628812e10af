using System.Collections.Concurrent;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Tests.Outbox;

/// <summary>Writes a message to each of its destinations when a license is issued, and answers as a test tells it. Thread-safe.</summary>
internal sealed class StubSender : IOutboxSender, IOutboxSource
{
    public const string DestinationKind = "stub";

    private int _begun;

    /// <summary>The destinations that this node knows.</summary>
    public IReadOnlyList<string> Ids { get; set; } = [];

    /// <summary>What comes of a message, and of the n-th try of all, from 1.</summary>
    public Func<ClaimedMessage, int, SendResult> Answer { get; set; } = static (_, _) => new SendResult(SendOutcome.Delivered, 200, null);

    /// <summary>The ids of what was sent.</summary>
    public ConcurrentQueue<string> Sent { get; } = new();

    public string Kind => DestinationKind;

    public TimeSpan LongestSend => TimeSpan.FromSeconds(15);

    public IReadOnlyList<TimeSpan> Waits { get; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(7)];

    public IReadOnlyList<OutboxDestination> Destinations => [.. Ids.Select(id => new OutboxDestination(id, OutboxDestinationState.Open))];

    public Task<SendResult> SendAsync(ClaimedMessage message, CancellationToken cancellationToken)
    {
        Sent.Enqueue(message.Id);
        return Task.FromResult(Answer(message, Interlocked.Increment(ref _begun)));
    }

    public Task CloseAsync(string destinationId, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ForgetAsync(string destinationId, CancellationToken cancellationToken) => Task.CompletedTask;

    public IReadOnlyList<OutboxMessage> MessagesOf(IReadOnlyList<LicenseEvent> events, string? conflictId) =>
    [
        .. events.Where(each => each.Type == LicenseEventType.Issued).SelectMany(
            each => Ids.Select(id => new OutboxMessage($"msg_{id}_{each.After.Id}", DestinationKind, id, null, "stub", "{}", each.At))),
    ];

    public IReadOnlyList<OutboxMessage> MessagesOf(OpenConflict unserved) => [];

    public IReadOnlyList<OutboxMessage> MessagesOf(Notice notice) => [];

    public IReadOnlyList<OutboxMessage> MessagesOf(CodeToDeliver code) => [];

    public bool Hears(LicenseEventType type) => type == LicenseEventType.Issued;
}
