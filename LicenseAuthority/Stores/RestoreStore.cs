using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Mark;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>What the database says of itself, and the record of a restore.</summary>
internal sealed class RestoreStore(IDatabase database, Identifiers identifiers, TimeProvider time) : IRestoreStore
{
    // So many rows of codes are read, and changed, at a time.
    private const int PageSize = 5_000;

    private const string SelectNewestEvent = "SELECT id, at FROM events ORDER BY id DESC LIMIT 1";
    private const string SelectEvent = "SELECT at FROM events WHERE id = @number";
    private const string SelectDrawn = "SELECT list, drawn FROM status_lists";
    private const string SelectPublished = "SELECT uri, seq FROM status_list_uris WHERE seq > 0";
    private const string UpdateMarked = "UPDATE authority SET marked_at = @now WHERE only_one = 1 AND marked_at IS NULL";

    // What an earlier restore left is older, so what it lost is asked for still.
    private const string UpdateRestored =
        """
        UPDATE authority
        SET restored_after = CASE WHEN restores > 0 AND (restored_after IS NULL OR restored_after < @restoredAfter) THEN restored_after ELSE @restoredAfter END,
            restores = @restores, restore_id = @restoreId, restored_at = @now
        WHERE only_one = 1
        """;

    private const string SelectCodes = "SELECT id, status_index FROM codes WHERE status_list = @list AND id > @after ORDER BY id LIMIT @limit";
    private const string UpdateInvalid = "UPDATE codes SET invalid_at = @now WHERE id = @id AND invalid_at IS NULL";
    private const string SelectMissing = "SELECT count(*) FROM conflicts WHERE missing_license_id = @licenseId";
    private const string SelectMissingCount = "SELECT count(*) FROM (SELECT 1 FROM conflicts WHERE missing_license_id IS NOT NULL LIMIT @most) AS kept";

    // By the index of what is open, and not by that of the few who wait for their license.
    private static readonly string SelectOpen =
        $"SELECT count(*) FROM conflicts WHERE resolution IS NULL AND kind = '{ConflictKind.Restored.ToWord()}' AND missing_license_id IS NULL";

    /// <inheritdoc/>
    public ValueTask<AuthorityFigures> ReadAsync(long? eventNumber, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session =>
        {
            var authority = await AuthorityRecord.GetAsync(session);
            var newest = await session.Prepared(SelectNewestEvent).Bind()
                .QuerySingleOrDefaultAsync(static row => new MarkedEvent(row.GetInt64(0), Instants.FromSql(row.GetInt64(1))));
            var ofMark = eventNumber is { } number
                ? await session.Prepared(SelectEvent).Bind(number).QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0))
                : null;
            var drawn = await session.Prepared(SelectDrawn).Bind().QueryAsync(static row => KeyValuePair.Create(row.GetInt64(0), row.GetInt32(1)));
            var published = await session.Prepared(SelectPublished).Bind().QueryAsync(static row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)));
            return new AuthorityFigures(
                authority, newest, Instants.FromSql(ofMark), new Dictionary<long, int>(drawn),
                published.GroupBy(static of => of.Key).ToDictionary(static of => of.Key, static of => of.Max(static head => head.Value)));
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task RememberMarkAsync() => database.WriteAsync(
        async session => await session.Connection.ExecuteAsync(UpdateMarked, new { now = time.GetUtcNow() }));

    /// <inheritdoc/>
    public Task<AuthorityRecord> RecordAsync(AuthorityRecord seen, string restoreId, DateTimeOffset? restoredAfter, string reason)
    {
        var now = LicenseTime.CutToMillisecond(time.GetUtcNow());
        var entry = new OpenConflict(
            identifiers.NewConflictId(), LicenseId: null, ConflictKind.Restored, now, new CallSource("authority", "noticeRestore", null, null), reason,
            new ConflictProposal(Expire: false, ExpiresAt: null, Quantity: null));
        return database.WriteAsync(async session =>
        {
            session.Lock("restores");
            var current = await AuthorityRecord.GetAsync(session);
            if (current.Restores != seen.Restores || current.RestoreId != seen.RestoreId)
            {
                // Another node was faster, or this one whose COMMIT nobody knew of: it is the same restore.
                return current;
            }

            await session.Connection.ExecuteAsync(UpdateRestored, new { restores = seen.Restores + 1, restoreId, restoredAfter, now });
            ConflictRow.Add(session, entry);
            return await AuthorityRecord.GetAsync(session);
        });
    }

    /// <inheritdoc/>
    public async Task InvalidateAsync(long list, Func<int, bool> isInvalid, CancellationToken cancellationToken)
    {
        var now = Instants.ToSql(LicenseTime.CutToMillisecond(time.GetUtcNow()));
        for (long? after = 0; after is { } from;)
        {
            var page = await database.ReadAsync(
                async session => (await session.Connection.QueryAsync<(long Id, long Index)>(SelectCodes, new { list, after = from, limit = PageSize })).AsList(),
                cancellationToken);
            var invalid = page.Where(code => isInvalid((int)code.Index)).Select(code => new SqlValue[] { now, code.Id }).ToList();
            if (invalid.Count > 0)
            {
                await database.WriteAsync(
                    async session => (await session.ExecuteEachAsync(UpdateInvalid, invalid)).Length, WritePriority.Low, cancellationToken);
            }

            after = page.Count == PageSize ? page[^1].Id : null;
        }
    }

    /// <inheritdoc/>
    public async Task KeepMissingAsync(string licenseId, string reason, int most)
    {
        // Whoever shows such a code may do so as often as he likes: what is kept already, or is no more to be kept, costs no write and waits for nobody.
        var isKept = await database.ReadAsync(async session =>
            await session.Connection.ExecuteScalarAsync<long>(SelectMissing, new { licenseId }) > 0
            || await session.Connection.ExecuteScalarAsync<long>(SelectMissingCount, new { most }) >= most);
        if (isKept)
        {
            return;
        }

        var entry = new OpenConflict(
            identifiers.NewConflictId(), LicenseId: null, ConflictKind.Restored, LicenseTime.CutToMillisecond(time.GetUtcNow()),
            new CallSource("licensee", "refresh", null, null), reason, new ConflictProposal(Expire: false, ExpiresAt: null, Quantity: null))
        {
            MissingLicenseId = licenseId,
        };
        await database.WriteAsync(async session =>
        {
            session.Lock("restores");
            if (await session.Connection.ExecuteScalarAsync<long>(SelectMissingCount, new { most }) < most)
            {
                ConflictRow.Add(session, entry);
            }

            return true;
        });
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasOpenAsync(CancellationToken cancellationToken) => database.ReadAsync(
        static async session => await session.Prepared(SelectOpen).Bind().QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) > 0, cancellationToken);
}
