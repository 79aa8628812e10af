namespace LicenseAuthority.Nodes;

/// <summary>Which processes serve this database.</summary>
internal interface INodeRegistry
{
    /// <summary>Records that a node runs, and deletes those last seen before <paramref name="forgetBefore"/>.</summary>
    Task SaveAsync(NodeRecord node, DateTimeOffset startedAt, DateTimeOffset now, DateTimeOffset forgetBefore, CancellationToken cancellationToken);

    /// <summary>The nodes seen at or after an instant, by name; the one that asks among them.</summary>
    ValueTask<List<NodeRecord>> FindSeenAsync(DateTimeOffset since, CancellationToken cancellationToken);
}
