using System.Runtime.CompilerServices;
using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>
/// Settles due licenses. Reading and deciding go on beside the writer, one batch ahead of it; what it gets are finished rows, at low priority, and few
/// milliseconds of them at a time: issuing goes first.
/// </summary>
internal sealed partial class DueLicenses(IDatabase database, OutboxFeed outbox, TimeProvider time, ILogger<DueLicenses> logger) : IDueLicenses
{
    /// <summary>How long a transaction may hold up the others, besides its COMMIT, where the disk or the processor is slow.</summary>
    public static readonly TimeSpan LongestTransaction = TimeSpan.FromMilliseconds(4);

    private const int MostInABatch = 256;

    // Less than 1 ms of the writer and few pages in its COMMIT: an order that comes meanwhile waits for both.
    private const int MostBesideOthers = 32;

    // After so many rows a transaction that others wait for looks at the clock.
    private const int RowsAtATime = 16;

    internal const string SelectDue =
        $"""
        SELECT {LicenseRow.Columns}, l.next_due_at
        FROM licenses l
        WHERE l.next_due_at <= @now AND (l.next_due_at, l.id) > (@after_due, @after_id)
        ORDER BY l.next_due_at, l.id
        LIMIT @most
        """;

    private const string SelectOldest = "SELECT min(next_due_at) FROM licenses";

    // The clock changes nothing else. A license that a call has settled meanwhile has another version, and is left alone.
    private const string UpdateSettled =
        """
        UPDATE licenses SET released_at = @released_at, released_by = @released_by, last_event_at = @last_event_at, state = @state,
            next_due_at = @next_due_at, version = @version
        WHERE id = @id AND version = @expected_version
        """;

    /// <inheritdoc/>
    public async IAsyncEnumerable<int> SettleAsync(DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = PrepareAsync(now, Cursor.Start, cancellationToken);
        try
        {
            while (await next is { } batch)
            {
                next = PrepareAsync(now, batch.End, cancellationToken);
                foreach (var licenseId in batch.PassedBy)
                {
                    LogPassedBy(licenseId);
                }

                for (var done = 0; done < batch.Rows.Count;)
                {
                    var position = done;
                    var (written, settled) = await database.WriteAsync(
                        session => WriteAsync(session, batch.Rows, position), WritePriority.Low, cancellationToken);
                    done += written;
                    if (batch.HasMessages)
                    {
                        outbox.Stored();
                    }

                    yield return settled;
                }
            }
        }
        finally
        {
            // A write has failed, or nobody wants the rest: the reading ahead must not outlive the sweep.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken)
    {
        var oldest = await database.ReadAsync(
            static session => session.Prepared(SelectOldest).Bind().QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0)), cancellationToken);
        return oldest is null or Instants.Never ? null : Instants.FromSql(oldest);
    }

    // On a thread of its own, as SQLite's reads hold the thread that asks. Null when nothing more is due.
    private Task<Batch?> PrepareAsync(DateTimeOffset now, Cursor after, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var due = await database.ReadAsync(
                session => session.Prepared(SelectDue)
                    .Bind(Instants.ToSql(now), after.DueAt, after.LicenseId, database.IsContended ? MostBesideOthers : MostInABatch)
                    .QueryAsync(static row => (License: LicenseRow.Read(row), DueAt: row.GetInt64(LicenseRow.Width))),
                cancellationToken);
            if (due.Count == 0)
            {
                return null;
            }

            var rows = new List<SettledRow>(due.Count);
            var passedBy = new List<string>();
            foreach (var (license, _) in due)
            {
                var decision = LicenseLifecycle.Settle(license, now);
                if (decision.Events.Count == 0)
                {
                    // Due, and yet nothing to decide: a row that was changed by hand. It must not hold up the others.
                    passedBy.Add(license.Id);
                }
                else
                {
                    rows.Add(new SettledRow(
                        UpdateValues(decision.After, license.Version),
                        EventRows.Prepare(decision.Events),
                        OutboxRows.Prepare(outbox.MessagesOf(decision.Events))));
                }
            }

            return new Batch(rows, passedBy, new Cursor(due[^1].DueAt, due[^1].License.Id));
        },
        cancellationToken);

    private async ValueTask<(int Written, int Settled)> WriteAsync(IWriteSession session, List<SettledRow> rows, int first)
    {
        var startedAt = time.GetTimestamp();
        var settled = 0;
        var position = first;
        var atATime = database.Dialect.HasOneWriter ? RowsAtATime : MostInABatch;
        do
        {
            var some = rows.GetRange(position, Math.Min(atATime, rows.Count - position));
            var changed = await session.ExecuteEachAsync(UpdateSettled, some.ConvertAll(static row => row.Update));
            for (var i = 0; i < some.Count; i++)
            {
                if (changed[i] == 1)
                {
                    EventRows.Add(session, some[i].Events);
                    OutboxRows.Add(session, some[i].Messages);
                    settled++;
                }
            }

            position += some.Count;
        }
        while (position < rows.Count && time.GetElapsedTime(startedAt) < LongestTransaction);

        return (position - first, settled);
    }

    private static SqlValue[] UpdateValues(License license, long expectedVersion) =>
    [
        Instants.ToSql(license.ReleasedAt),
        license.ReleasedAt is null ? (string?)null : license.ReleasedBy.ToWord(),
        Instants.ToSql(license.LastEventAt),
        license.RecordedState.ToWord(),
        Instants.ToSql(license.NextDueAt) ?? Instants.Never,
        license.Version,
        license.Id,
        expectedVersion,
    ];

    [LoggerMessage(LogLevel.Error, "License {LicenseId} is due but has nothing to settle: its row was changed by hand. Answers about it are right, its stored state may not be.")]
    private partial void LogPassedBy(string licenseId);

    // How far the sweep has come: a license that cannot be settled is passed by, and not met again in the same sweep.
    private sealed record Cursor(long DueAt, string LicenseId)
    {
        public static readonly Cursor Start = new(long.MinValue, "");
    }

    private sealed record SettledRow(SqlValue[] Update, IReadOnlyList<SqlValue[]> Events, IReadOnlyList<SqlValue[]> Messages);

    private sealed record Batch(List<SettledRow> Rows, List<string> PassedBy, Cursor End)
    {
        public bool HasMessages { get; } = Rows.Exists(static row => row.Messages.Count > 0);
    }
}
