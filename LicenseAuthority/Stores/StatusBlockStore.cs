using System.Security.Cryptography;
using Dapper;
using LicenseAuthority.Codes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Draws blocks of status list entries, durably.</summary>
internal sealed class StatusBlockStore(IDatabase database, StatusListStore lists, PublicUrl publicUrl) : IStatusBlockStore
{
    /// <summary>Positions in a block: one more write every so many codes, and at most so many gaps at a restart.</summary>
    public const int BlockSize = 1024;

    private const string SelectNewest = "SELECT list, permutation_key, drawn FROM status_lists ORDER BY list DESC LIMIT 1";

    private const string SelectUri = "SELECT count(*) FROM status_list_uris WHERE list = @list AND uri = @uri";

    private const string UpdateDrawn = "UPDATE status_lists SET drawn = @drawn WHERE list = @list";

    /// <inheritdoc/>
    public Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
    {
        var newKey = RandomNumberGenerator.GetBytes(32);
        return database.WriteAsync(session => DrawAsync(session, newKey), WritePriority.Upkeep, cancellationToken);
    }

    private async ValueTask<StatusBlock> DrawAsync(IWriteSession session, byte[] newKey)
    {
        session.Lock(StatusListStore.OpeningLock);
        var newest = await session.Connection.QuerySingleOrDefaultAsync<StatusList>(SelectNewest);
        if (newest is not null && newest.Drawn + BlockSize <= StatusIndexPermutation.Size && await IsNamedAsync(session, newest.List))
        {
            await session.Connection.ExecuteAsync(UpdateDrawn, new { drawn = newest.Drawn + BlockSize, list = newest.List });
            return new StatusBlock(newest.List, newest.Drawn, BlockSize, newest.PermutationKey);
        }

        var list = (newest?.List ?? 0) + 1;
        await lists.OpenAsync(session, list, newKey, BlockSize);
        return new StatusBlock(list, 0, BlockSize, newKey);
    }

    // A code names its list by PublicUrl. When that has changed, or the list is older than the storing of URIs, the list is not known by that name.
    private async ValueTask<bool> IsNamedAsync(IReadSession session, long list) =>
        await session.Connection.ExecuteScalarAsync<long>(SelectUri, new { list, uri = publicUrl.StatusListUri(list) }) > 0;

    private sealed class StatusList
    {
        public long List { get; init; }

        public byte[] PermutationKey { get; init; } = [];

        public int Drawn { get; init; }
    }
}
