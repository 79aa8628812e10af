using System.Security.Cryptography;
using LicenseAuthority.Codes;

namespace LicenseAuthority.Storage;

/// <summary>Draws blocks of status list entries, durably.</summary>
internal sealed class StatusBlockStore(SqliteDatabase database, TimeProvider time) : IStatusBlockStore
{
    /// <summary>Positions in a block: one more write every so many codes, and at most so many gaps at a restart.</summary>
    public const int BlockSize = 1024;

    private const string SelectNewest = "SELECT list, permutation_key, drawn FROM status_lists ORDER BY list DESC LIMIT 1";

    private const string InsertList =
        "INSERT INTO status_lists (list, permutation_key, drawn, created_at) VALUES (@list, @permutation_key, @drawn, @created_at)";

    private const string UpdateDrawn = "UPDATE status_lists SET drawn = @drawn WHERE list = @list";

    /// <inheritdoc/>
    public Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
    {
        var newKey = RandomNumberGenerator.GetBytes(32);
        return database.Writer.RunAsync(session => Draw(session, newKey), WritePriority.Normal, cancellationToken);
    }

    private StatusBlock Draw(SqliteWriteSession session, byte[] newKey)
    {
        var newest = session.Prepared(SelectNewest).Bind().QuerySingleOrDefault(static row => (Row?)new Row(row.GetInt32(0), row.GetBytes(1), row.GetInt32(2)));
        if (newest is { } list && list.Drawn + BlockSize <= StatusIndexPermutation.Size)
        {
            session.Prepared(UpdateDrawn).Bind(list.Drawn + BlockSize, list.List).Execute();
            return new StatusBlock(list.List, list.Drawn, BlockSize, list.PermutationKey);
        }

        var number = (newest?.List ?? 0) + 1;
        session.Prepared(InsertList).Bind(number, newKey, BlockSize, Instants.ToSql(time.GetUtcNow())).Execute();
        return new StatusBlock(number, 0, BlockSize, newKey);
    }

    private readonly record struct Row(int List, byte[] PermutationKey, int Drawn);
}
