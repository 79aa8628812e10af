namespace LicenseAuthority.Nodes;

/// <summary>Which processes serve this database.</summary>
internal interface INodeRegistry
{
    /// <summary>
    /// Records that a node runs, and deletes those whose last sign is further from now than <paramref name="forgetAfter"/>: in the past, or ahead, from a
    /// time when the clock was.
    /// </summary>
    Task SaveAsync(NodeRecord node, DateTimeOffset startedAt, DateTimeOffset now, TimeSpan forgetAfter, CancellationToken cancellationToken);

    /// <summary>The nodes whose last sign is no further from now than this, by name; the one that asks among them.</summary>
    ValueTask<List<NodeRecord>> FindSeenAsync(DateTimeOffset now, TimeSpan within, CancellationToken cancellationToken);
}
