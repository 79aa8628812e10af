using Dapper;
using LicenseAuthority.Nodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The table of the processes that serve this database.</summary>
internal sealed class NodeRegistry(IDatabase database) : INodeRegistry
{
    private const string Upsert =
        """
        INSERT INTO nodes (name, started_at, seen_at, public_url, products_sha256, accounts_sha256)
        VALUES (@Name, @startedAt, @now, @PublicUrl, @ProductsSha256, @AccountsSha256)
        ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
        """;

    private const string DeleteOld = "DELETE FROM nodes WHERE seen_at < @from OR seen_at > @until";

    private const string SelectSeen = "SELECT name, public_url, products_sha256, accounts_sha256 FROM nodes WHERE seen_at >= @since AND seen_at <= @until ORDER BY name";

    /// <inheritdoc/>
    public Task SaveAsync(NodeRecord node, DateTimeOffset startedAt, DateTimeOffset now, TimeSpan forgetAfter, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await session.Connection.ExecuteAsync(
                    Upsert, new { node.Name, startedAt, now, node.Settings.PublicUrl, node.Settings.ProductsSha256, node.Settings.AccountsSha256 });
                return await session.Connection.ExecuteAsync(DeleteOld, new { from = now - forgetAfter, until = now + forgetAfter });
            },
            WritePriority.Low,
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<List<NodeRecord>> FindSeenAsync(DateTimeOffset now, TimeSpan within, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var nodes = await session.Connection.QueryAsync<(string Name, string PublicUrl, string ProductsSha256, string AccountsSha256)>(
                SelectSeen, new { since = now - within, until = now + within });
            return nodes.AsList().ConvertAll(static node => new NodeRecord(node.Name, new NodeSettings(node.PublicUrl, node.ProductsSha256, node.AccountsSha256)));
        },
        cancellationToken);
}
