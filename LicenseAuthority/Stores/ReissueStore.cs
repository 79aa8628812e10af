using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The codes that a revoked key has signed, and the one row that says how far they are replaced.</summary>
internal sealed class ReissueStore(IDatabase database) : IReissueStore
{
    // Rows that are only read: few milliseconds each.
    private const int CountedAtATime = 4096;

    // What is signed again after a kill, at most; and the part of a row of progress that each new code pays for.
    private const int ReplacedAtATime = 1024;

    // An order that comes meanwhile waits for the cores that sign them.
    private const int AtOnceBesideOthers = 4;

    // They share a COMMIT.
    private const int AtOnceAlone = 64;

    private const string LockName = "reissue";

    private const string SelectProgress = "SELECT min_serial, position, remaining, ended_at FROM reissue";

    private const string SelectHold = "SELECT min_serial, position, remaining, ended_at, holder, held_until FROM reissue";

    private const string Upsert =
        """
        INSERT INTO reissue (only_one, min_serial, position, remaining, ended_at, holder, held_until)
        VALUES (1, @MinimumSerial, @Position, @Remaining, @EndedAt, @Holder, @Until)
        ON CONFLICT (only_one) DO UPDATE SET min_serial = excluded.min_serial, position = excluded.position, remaining = excluded.remaining,
            ended_at = excluded.ended_at, holder = excluded.holder, held_until = excluded.held_until
        """;

    private const string UpdateBegun =
        "UPDATE reissue SET position = 0, remaining = NULL, ended_at = NULL WHERE min_serial = @minimumSerial AND ended_at IS NOT NULL";

    internal const string SelectEnd = "SELECT max(id) FROM (SELECT id FROM codes WHERE id > @after ORDER BY id LIMIT @most) AS part";

    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public int AtOnce => database.IsContended ? AtOnceBesideOthers : AtOnceAlone;

    /// <inheritdoc/>
    public ValueTask<ReissueProgress?> FindProgressAsync(CancellationToken cancellationToken) => database.ReadAsync(
        static async session => (await session.Connection.QuerySingleOrDefaultAsync<ProgressRow>(SelectProgress))?.ToProgress(), cancellationToken);

    /// <inheritdoc/>
    public Task<ReissueProgress?> TryHoldAsync(ReissueHold hold, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Lock(LockName);
            var row = await session.Connection.QuerySingleOrDefaultAsync<ProgressRow>(SelectHold);
            var isAnew = row is null || row.MinSerial < hold.MinimumSerial;
            if (!isAnew && (row!.MinSerial > hold.MinimumSerial || row.EndedAt is not null || IsHeldByAnother(row, hold, now)))
            {
                return null;
            }

            var progress = isAnew ? new ReissueProgress(hold.MinimumSerial, 0, null, null) : row!.ToProgress();
            await WriteAsync(session, hold, progress);
            return progress;
        },
        WritePriority.Low,
        cancellationToken);

    /// <inheritdoc/>
    public Task BeginAgainAsync(long minimumSerial, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Lock(LockName);
            return await session.Connection.ExecuteAsync(UpdateBegun, new { minimumSerial });
        },
        WritePriority.Low,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> SaveAsync(ReissueHold hold, ReissueProgress progress, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Lock(LockName);
            var row = await session.Connection.QuerySingleOrDefaultAsync<ProgressRow>(SelectHold);
            if (row is null || row.MinSerial != hold.MinimumSerial || row.Holder != hold.Holder)
            {
                return false;
            }

            await WriteAsync(session, hold, progress);
            return true;
        },
        WritePriority.Low,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ReissueCount?> CountAsync(long minimumSerial, long after, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<ReissueCount?>(
            async session => await FindEndAsync(session, after, CountedAtATime) is { } end
                ? new ReissueCount(end, await session.Prepared(SelectCount(session.Dialect))
                    .Bind(Parameters(minimumSerial, after, end, now))
                    .QuerySingleOrDefaultAsync(static row => row.GetInt64(0)))
                : null,
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ReissueBatch?> FindAsync(long minimumSerial, long after, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<ReissueBatch?>(
            async session => await FindEndAsync(session, after, ReplacedAtATime) is { } end
                ? new ReissueBatch(end, await session.Prepared(SelectReplaced(session.Dialect))
                    .Bind(Parameters(minimumSerial, after, end, now))
                    .QueryAsync(static row => new ReissuedCode(row.GetString(0), row.GetStringOrNull(1), row.GetInt32(2))))
                : null,
            cancellationToken);

    internal static string SelectCount(SqlDialect dialect) => $"SELECT count(*) {FromCodes(dialect)}";

    internal static string SelectReplaced(SqlDialect dialect) => $"SELECT l.id, c.device, c.generation {FromCodes(dialect)} ORDER BY c.id";

    // By itself SQLite would look at all licenses of the two states for each part.
    private static string FromCodes(SqlDialect dialect) =>
        $"""
        FROM codes c
        {dialect.ThenEach("licenses", "l", "l.id = c.license_id")}
        WHERE c.id > @after AND c.id <= @end AND c.key_serial < @minimum
            AND {LivingCodes.IsNewest}
            AND l.state IN ('{LicenseState.Active.ToWord()}', '{LicenseState.Frozen.ToWord()}')
            AND NOT (l.next_due_at <= @now AND {LicenseQueries.StateWhenDue(dialect)} = '{LicenseState.Released.ToWord()}')
        """;

    // In the order in which they first stand there.
    private static SqlValue[] Parameters(long minimumSerial, long after, long end, DateTimeOffset now) => [after, end, minimumSerial, Instants.ToSql(now)];

    private static async ValueTask<long?> FindEndAsync(IReadSession session, long after, int most) =>
        await session.Prepared(SelectEnd).Bind(after, most).QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0));

    // One that was written down by a clock far ahead is nobody's.
    private static bool IsHeldByAnother(ProgressRow row, ReissueHold hold, DateTimeOffset now) =>
        row.Holder is not null && row.Holder != hold.Holder && row.HeldUntil > now && row.HeldUntil - now <= LongestHold;

    private static Task<int> WriteAsync(IWriteSession session, ReissueHold hold, ReissueProgress progress) => session.Connection.ExecuteAsync(
        Upsert, new { progress.MinimumSerial, progress.Position, progress.Remaining, progress.EndedAt, hold.Holder, hold.Until });

    private sealed class ProgressRow
    {
        public long MinSerial { get; init; }

        public long Position { get; init; }

        public long? Remaining { get; init; }

        public DateTimeOffset? EndedAt { get; init; }

        public string? Holder { get; init; }

        public DateTimeOffset HeldUntil { get; init; }

        public ReissueProgress ToProgress() => new(MinSerial, Position, Remaining, EndedAt);
    }
}
