using Dapper;

namespace LicenseAuthority.Storage;

/// <summary>Who a database is, and whether a service may start on it: the row of the table <c>authority</c>.</summary>
/// <param name="Id">The same in a database and its copies.</param>
/// <param name="ServedAt">When a service first started on it; null = never.</param>
/// <param name="CopyBegunAt">When "storage copy" filled it; null = it is no copy.</param>
/// <param name="CopyEndedAt">When that copy was finished, its source being marked as moved.</param>
/// <param name="MovedAt">When it was copied to the database that takes its place; null = it was not.</param>
/// <param name="MovedTo">That database, for people.</param>
/// <param name="MarkedAt">Since when there has been a mark beside the keys; null = there never was.</param>
/// <param name="Restores">How many times it was put in the place of a newer one.</param>
/// <param name="RestoreId">Which restore was the last.</param>
/// <param name="RestoredAt">When that was noticed.</param>
/// <param name="RestoredAfter">Codes issued from then on may be unknown here; null after a restore: any.</param>
internal sealed record AuthorityRecord(
    string Id,
    DateTimeOffset? ServedAt,
    DateTimeOffset? CopyBegunAt,
    DateTimeOffset? CopyEndedAt,
    DateTimeOffset? MovedAt,
    string? MovedTo,
    DateTimeOffset? MarkedAt,
    long Restores,
    string? RestoreId,
    DateTimeOffset? RestoredAt,
    DateTimeOffset? RestoredAfter)
{
    public const string Table = "authority";

    private const string Select =
        """
        SELECT id, served_at, copy_begun_at, copy_ended_at, moved_at, moved_to, marked_at, restores, restore_id, restored_at, restored_after
        FROM authority WHERE only_one = 1
        """;

    private const string UpdateServed = "UPDATE authority SET served_at = @now WHERE only_one = 1 AND served_at IS NULL";

    private const string UpdateMoved = "UPDATE authority SET moved_at = @at, moved_to = @to WHERE only_one = 1";

    private const string UpdateCopyBegun =
        """
        UPDATE authority
        SET id = @id, served_at = NULL, copy_begun_at = @at, copy_ended_at = NULL, moved_at = NULL, moved_to = NULL,
            marked_at = @markedAt, restores = @restores, restore_id = @restoreId, restored_at = @restoredAt, restored_after = @restoredAfter
        WHERE only_one = 1
        """;

    private const string UpdateCopyEnded = "UPDATE authority SET copy_ended_at = @at WHERE only_one = 1 AND id = @id";

    /// <summary>Whether it is a copy on which no service has ever run: nothing in it is not in its source.</summary>
    public bool IsUnusedCopy => CopyBegunAt is not null && ServedAt is null && MovedAt is null;

    /// <summary>Reads the row.</summary>
    /// <exception cref="StorageException">It is not there.</exception>
    public static async ValueTask<AuthorityRecord> GetAsync(IReadSession session) =>
        await session.Connection.QuerySingleOrDefaultAsync<AuthorityRecord>(Select)
        ?? throw new StorageException("The database does not say who it is: the row of its table 'authority' was removed by hand. Restore a backup.");

    /// <summary>Lets a service start on the database, and remembers the first start; see <see cref="AuthorityRecord"/>.</summary>
    /// <exception cref="StorageException">None may: two live copies would give the same entries of status lists to different codes.</exception>
    /// <param name="database">The database.</param>
    /// <param name="time">The clock.</param>
    /// <param name="check">Throws when this is not the database that is meant.</param>
    public static async Task BeginServiceAsync(IDatabase database, TimeProvider time, Action<AuthorityRecord> check)
    {
        var record = await database.ReadAsync(GetAsync);
        record.RefuseService();
        check(record);
        if (record.ServedAt is null)
        {
            await database.WriteAsync(async session =>
            {
                (await GetAsync(session)).RefuseService();
                return await session.Connection.ExecuteAsync(UpdateServed, new { now = time.GetUtcNow() });
            });
        }
    }

    /// <summary>Marks the session's database as moved, or, with nulls, as not moved.</summary>
    public static Task<int> MarkMovedAsync(IReadSession session, DateTimeOffset? at, string? to) =>
        session.Connection.ExecuteAsync(UpdateMoved, new { at, to });

    /// <summary>Makes the session's database a copy of that authority, which is not finished yet.</summary>
    public static Task<int> MarkCopyBegunAsync(IReadSession session, AuthorityRecord source, DateTimeOffset at) => session.Connection.ExecuteAsync(
        UpdateCopyBegun,
        new
        {
            id = source.Id,
            at,
            markedAt = source.MarkedAt,
            restores = source.Restores,
            restoreId = source.RestoreId,
            restoredAt = source.RestoredAt,
            restoredAfter = source.RestoredAfter,
        });

    /// <summary>Lets services start on the copy.</summary>
    public static Task<int> MarkCopyEndedAsync(IReadSession session, string id, DateTimeOffset at) =>
        session.Connection.ExecuteAsync(UpdateCopyEnded, new { id, at });

    private void RefuseService()
    {
        if (MovedAt is not null)
        {
            throw new StorageException(
                $"This database has moved to {MovedTo} (\"storage copy\"), and two live copies would give the same entries of status lists to different license codes: start the service there. If nobody has ever served from that copy, drop it, and then run \"LicenseAuthority storage copy --undo-move\" here.");
        }

        if (CopyBegunAt is not null && CopyEndedAt is null)
        {
            throw new StorageException(
                "The copy into this database was not finished (\"storage copy\"), and its source may still be live: run the same command again.");
        }
    }
}
