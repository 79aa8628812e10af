using System.Security.Cryptography;
using Dapper;
using LicenseAuthority.Codes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Draws blocks of status list entries, durably.</summary>
internal sealed class StatusBlockStore(IDatabase database, TimeProvider time) : IStatusBlockStore
{
    /// <summary>Positions in a block: one more write every so many codes, and at most so many gaps at a restart.</summary>
    public const int BlockSize = 1024;

    private const string SelectNewest = "SELECT list, permutation_key, drawn FROM status_lists ORDER BY list DESC LIMIT 1";

    // Two nodes that find the same list full open the next one only once.
    private const string Lock = "status-lists";

    private const string InsertList =
        "INSERT INTO status_lists (list, permutation_key, drawn, created_at) VALUES (@list, @newKey, @drawn, @now)";

    private const string UpdateDrawn = "UPDATE status_lists SET drawn = @drawn WHERE list = @list";

    /// <inheritdoc/>
    public Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
    {
        var newKey = RandomNumberGenerator.GetBytes(32);
        return database.WriteAsync(session => DrawAsync(session, newKey), WritePriority.Normal, cancellationToken);
    }

    private async ValueTask<StatusBlock> DrawAsync(IWriteSession session, byte[] newKey)
    {
        session.Lock(Lock);
        var newest = await session.Connection.QuerySingleOrDefaultAsync<StatusList>(SelectNewest);
        if (newest is not null && newest.Drawn + BlockSize <= StatusIndexPermutation.Size)
        {
            await session.Connection.ExecuteAsync(UpdateDrawn, new { drawn = newest.Drawn + BlockSize, list = newest.List });
            return new StatusBlock(newest.List, newest.Drawn, BlockSize, newest.PermutationKey);
        }

        var list = (newest?.List ?? 0) + 1;
        await session.Connection.ExecuteAsync(InsertList, new { list, newKey, drawn = BlockSize, now = time.GetUtcNow() });
        return new StatusBlock(list, 0, BlockSize, newKey);
    }

    private sealed class StatusList
    {
        public int List { get; init; }

        public byte[] PermutationKey { get; init; } = [];

        public int Drawn { get; init; }
    }
}
