using LicenseAuthority.Licensing;

namespace LicenseAuthority.Storage;

/// <summary>Settles due licenses on the writer, at low priority: issuing goes first.</summary>
internal sealed partial class DueLicenses(SqliteDatabase database, TimeProvider time, ILogger<DueLicenses> logger) : IDueLicenses
{
    /// <summary>How long a batch may hold the writer, besides its COMMIT.</summary>
    public static readonly TimeSpan LongestBatch = TimeSpan.FromMilliseconds(4);

    private const int MostInABatch = 256;

    private const string SelectDue =
        $"""
        SELECT {LicenseRow.Columns}, l.next_due_at
        FROM licenses l
        WHERE l.next_due_at <= @now AND (l.next_due_at, l.id) > (@after_due, @after_id)
        ORDER BY l.next_due_at, l.id
        LIMIT @most
        """;

    private const string SelectOldest = "SELECT min(next_due_at) FROM licenses";

    // The clock changes nothing else.
    private const string UpdateSettled =
        """
        UPDATE licenses SET released_at = @released_at, released_by = @released_by, last_event_at = @last_event_at, state = @state,
            next_due_at = @next_due_at, version = @version
        WHERE id = @id
        """;

    /// <inheritdoc/>
    public async Task<(int Settled, DueCursor? Next)> SettleBatchAsync(DateTimeOffset now, DueCursor after, CancellationToken cancellationToken)
    {
        var batch = await database.Writer.RunAsync(session => Settle(session, now, after), WritePriority.Low, cancellationToken);
        foreach (var licenseId in batch.PassedBy)
        {
            LogPassedBy(licenseId);
        }

        return (batch.Settled, batch.Next);
    }

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken)
    {
        var oldest = database.Readers.Read(static session =>
            session.Prepared(SelectOldest).Bind().QuerySingleOrDefault(static row => row.GetInt64OrNull(0)));
        return ValueTask.FromResult(oldest is null or Instants.Never ? null : Instants.FromSql(oldest));
    }

    private Batch Settle(SqliteWriteSession session, DateTimeOffset now, DueCursor after)
    {
        var startedAt = time.GetTimestamp();
        var due = session.Prepared(SelectDue)
            .Bind(Instants.ToSql(now), after.DueAtMilliseconds, after.LicenseId, MostInABatch)
            .Query(static row => (License: LicenseRow.Read(row), DueAt: row.GetInt64(LicenseRow.Width)));
        var settled = 0;
        var passedBy = new List<string>();
        foreach (var (license, dueAt) in due)
        {
            var decision = LicenseLifecycle.Settle(license, now);
            if (decision.Events.Count == 0)
            {
                // Due, and yet nothing to decide: a row that was changed by hand. It must not hold up the others.
                passedBy.Add(license.Id);
            }
            else
            {
                Write(session, decision);
                settled++;
            }

            if (time.GetElapsedTime(startedAt) >= LongestBatch)
            {
                return new Batch(settled, new DueCursor(dueAt, license.Id), passedBy);
            }
        }

        return new Batch(settled, due.Count < MostInABatch ? null : new DueCursor(due[^1].DueAt, due[^1].License.Id), passedBy);
    }

    private static void Write(SqliteWriteSession session, LicenseDecision decision)
    {
        var license = decision.After;
        session.Prepared(UpdateSettled).Bind(
            Instants.ToSql(license.ReleasedAt),
            license.ReleasedAt is null ? null : license.ReleasedBy.ToWord(),
            Instants.ToSql(license.LastEventAt),
            license.RecordedState.ToWord(),
            Instants.ToSql(license.NextDueAt) ?? Instants.Never,
            license.Version,
            license.Id).Execute();
        EventRows.Add(session, decision.Events);
    }

    [LoggerMessage(LogLevel.Error, "License {LicenseId} is due but has nothing to settle: its row was changed by hand. Answers about it are right, its stored state may not be.")]
    private partial void LogPassedBy(string licenseId);

    private sealed record Batch(int Settled, DueCursor? Next, IReadOnlyList<string> PassedBy);
}
