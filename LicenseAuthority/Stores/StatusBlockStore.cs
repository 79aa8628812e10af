using System.Security.Cryptography;
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
        "INSERT INTO status_lists (list, permutation_key, drawn, created_at) VALUES (@list, @permutation_key, @drawn, @created_at)";

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
        var newest = await session.Prepared(SelectNewest).Bind()
            .QuerySingleOrDefaultAsync(static row => (StatusList?)new StatusList(row.GetInt32(0), row.GetBytes(1), row.GetInt32(2)));
        if (newest is { } list && list.Drawn + BlockSize <= StatusIndexPermutation.Size)
        {
            session.Prepared(UpdateDrawn).Bind(list.Drawn + BlockSize, list.Number).Enqueue();
            return new StatusBlock(list.Number, list.Drawn, BlockSize, list.PermutationKey);
        }

        var number = (newest?.Number ?? 0) + 1;
        session.Prepared(InsertList).Bind(number, newKey, BlockSize, Instants.ToSql(time.GetUtcNow())).Enqueue();
        return new StatusBlock(number, 0, BlockSize, newKey);
    }

    private readonly record struct StatusList(int Number, byte[] PermutationKey, int Drawn);
}
