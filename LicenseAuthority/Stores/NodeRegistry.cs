using LicenseAuthority.Nodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The table of the processes that serve this database.</summary>
internal sealed class NodeRegistry(IDatabase database) : INodeRegistry
{
    private const string Upsert =
        """
        INSERT INTO nodes (name, started_at, seen_at, public_url, products_sha256)
        VALUES (@name, @started_at, @seen_at, @public_url, @products_sha256)
        ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
        """;

    private const string DeleteOld = "DELETE FROM nodes WHERE seen_at < @before OR seen_at > @after";

    private const string SelectSeen = "SELECT name, public_url, products_sha256 FROM nodes WHERE seen_at >= @since AND seen_at <= @until ORDER BY name";

    /// <inheritdoc/>
    public Task SaveAsync(NodeRecord node, DateTimeOffset startedAt, DateTimeOffset now, TimeSpan forgetAfter, CancellationToken cancellationToken) =>
        database.WriteAsync(
            session =>
            {
                session.Prepared(Upsert).Bind(node.Name, Instants.ToSql(startedAt), Instants.ToSql(now), node.Settings.PublicUrl, node.Settings.ProductsSha256).Enqueue();
                session.Prepared(DeleteOld).Bind(Instants.ToSql(now - forgetAfter), Instants.ToSql(now + forgetAfter)).Enqueue();
                return new ValueTask<bool>(true);
            },
            WritePriority.Low,
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<List<NodeRecord>> FindSeenAsync(DateTimeOffset now, TimeSpan within, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Prepared(SelectSeen).Bind(Instants.ToSql(now - within), Instants.ToSql(now + within)).QueryAsync(
            static row => new NodeRecord(row.GetString(0), new NodeSettings(row.GetString(1), row.GetString(2)))),
        cancellationToken);
}
