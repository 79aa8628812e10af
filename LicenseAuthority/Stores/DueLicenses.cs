using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>
/// Due licenses in the database. What the writer gets are finished rows, at low priority, and few milliseconds of them at a time: issuing goes first.
/// </summary>
internal sealed class DueLicenses(IDatabase database, OutboxFeed outbox, CommitListeners listeners, UnreadableLicenses unreadable, TimeProvider time) : IDueLicenses
{
    /// <summary>How long a transaction may hold up the others, besides its COMMIT, where the disk or the processor is slow.</summary>
    public static readonly TimeSpan LongestTransaction = TimeSpan.FromMilliseconds(4);

    private const int MostInABatch = 256;

    // Where writers do not wait for each other: while one transaction is flushed the next is written.
    private const int TransactionsAtOnce = 2;

    // Less than 1 ms of the database and few pages in its COMMIT: an order that comes meanwhile waits for both.
    private const int MostBesideOthers = 32;

    // After so many rows a transaction that others wait for looks at the clock.
    private const int RowsAtATime = 16;

    internal static readonly string SelectDue =
        $"""
        SELECT {LicenseRow.Columns}, l.next_due_at
        FROM licenses l
        WHERE l.next_due_at <= @now AND (l.next_due_at, l.id) > (@after_due, @after_id)
        ORDER BY l.next_due_at, l.id
        LIMIT @most
        """;

    private const string SelectOldest = "SELECT min(next_due_at) FROM licenses";

    private static readonly DuePosition Beginning = new(long.MinValue, "");

    /// <inheritdoc/>
    public async ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken)
    {
        var (dueAt, licenseId) = after ?? Beginning;
        var due = await database.ReadAsync(
            session => session.Prepared(SelectDue)
                .Bind(Instants.ToSql(now), dueAt, licenseId, database.IsContended ? MostBesideOthers : MostInABatch * Transactions)
                .QueryAsync(row => (License: StoredLicense.TryRead(row, unreadable), Id: row.GetString(0), DueAt: row.GetInt64(LicenseRow.Width))),
            cancellationToken);
        return due.Count == 0
            ? null
            : new DueBatch([.. due.Select(static row => row.License).OfType<License>()], new DuePosition(due[^1].DueAt, due[^1].Id));
    }

    /// <inheritdoc/>
    public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) =>
        new Batch(this, [.. commits.Select(commit => new SettledRow(
            LicenseRow.SettledValues(commit.After, commit.Before!.Version), new PreparedCommit(commit, outbox)))]);

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken)
    {
        var oldest = await database.ReadAsync(
            static session => session.Prepared(SelectOldest).Bind().QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0)), cancellationToken);
        return oldest is null or Instants.Never ? null : Instants.FromSql(oldest);
    }

    private async Task<Written> StoreAsync(List<SettledRow> rows, int first, CancellationToken cancellationToken)
    {
        var written = await database.WriteAsync(session => WriteAsync(session, rows, first), WritePriority.Low, cancellationToken);
        if (written.Settled > 0)
        {
            listeners.Tell(written.Events);
        }

        return written;
    }

    private async ValueTask<Written> WriteAsync(IWriteSession session, List<SettledRow> rows, int first)
    {
        var startedAt = time.GetTimestamp();
        var settled = 0;
        var events = new List<LicenseEvent>();
        var position = first;
        var atATime = database.Dialect.HasOneWriter ? RowsAtATime : MostInABatch;
        do
        {
            var some = rows.GetRange(position, Math.Min(atATime, rows.Count - position));
            var changed = await session.ExecuteEachAsync(LicenseRow.UpdateSettled, some.ConvertAll(static row => row.Update));
            for (var i = 0; i < some.Count; i++)
            {
                // A license that a call has settled meanwhile has another version, and is left alone.
                var prepared = some[i].Prepared;
                if (changed[i] == 1)
                {
                    session.BeginPart();
                    prepared.AddTo(session);
                }
                else if (!session.MayBeStoredAlready || !await prepared.IsStoredAsync(session))
                {
                    continue;
                }

                settled++;
                events.AddRange(prepared.Commit.Events);
            }

            position += some.Count;
        }
        while (position < rows.Count && time.GetElapsedTime(startedAt) < LongestTransaction);

        return new Written(position - first, settled, events);
    }

    private int Transactions => database.Dialect.HasOneWriter ? 1 : TransactionsAtOnce;

    private sealed record SettledRow(SqlValue[] Update, PreparedCommit Prepared);

    private readonly record struct Written(int Rows, int Settled, List<LicenseEvent> Events);

    private sealed class Batch(DueLicenses store, List<SettledRow> rows) : ISettledBatch
    {
        private int _done;

        public async Task<int?> StoreSomeAsync(CancellationToken cancellationToken)
        {
            if (_done == rows.Count)
            {
                return null;
            }

            if (store.Transactions == 1)
            {
                var written = await store.StoreAsync(rows, _done, cancellationToken);
                _done += written.Rows;
                return written.Settled;
            }

            // The licenses are different ones, so none of them waits for another.
            var all = await Task.WhenAll(rows.Skip(_done).Chunk(MostInABatch).Select(some => store.StoreAsync([.. some], 0, cancellationToken)));
            _done = rows.Count;
            return all.Sum(static written => written.Settled);
        }
    }
}
