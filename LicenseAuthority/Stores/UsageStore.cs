using System.Globalization;
using Dapper;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.Usage;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The use of licenses in the database, until it was reported. Thread-safe.</summary>
internal sealed class UsageStore(IDatabase database) : IUsageStore
{
    private const string DayForm = "yyyy-MM-dd";

    private const string IsOfDay = "day = @day AND license_id = @licenseId";

    private const string IsOfReport = "day = @day AND license_id IN @licenses";

    private const string SelectHasCode = "SELECT EXISTS (SELECT 1 FROM marketplace_codes WHERE license_id = @licenseId)";

    internal const string SelectHasNumber = $"SELECT EXISTS (SELECT 1 FROM usage_days WHERE {IsOfDay} AND active_num >= @number)";

    internal const string SelectHasId = $"SELECT EXISTS (SELECT 1 FROM usage_ids WHERE {IsOfDay} AND id = @id)";

    private const string SelectDay = $"SELECT ids, reported_at FROM usage_days WHERE {IsOfDay}";

    private const string InsertDay =
        "INSERT INTO usage_days (day, license_id, account, active_num, ids) VALUES (@day, @licenseId, @account, NULL, 0)";

    // A report that another node writes meanwhile closes the day.
    private const string UpdateNumber =
        $"""
        UPDATE usage_days SET active_num = CASE WHEN active_num >= @number THEN active_num ELSE @number END WHERE {IsOfDay} AND reported_at IS NULL
        """;

    private const string UpdateIds = $"UPDATE usage_days SET ids = ids + 1 WHERE {IsOfDay} AND reported_at IS NULL";

    private const string InsertId = "INSERT INTO usage_ids (day, license_id, id, part, received_at) VALUES (@day, @licenseId, @id, @part, @now)";

    internal const string SelectUnreported =
        """
        SELECT day, license_id FROM usage_days WHERE account = @account AND day < @before AND reported_at IS NULL ORDER BY day, license_id LIMIT @most
        """;

    private const string UpdateReported = $"UPDATE usage_days SET reported_at = @now WHERE {IsOfReport}";

    private const string SelectUsed =
        $"SELECT license_id, ids, active_num IS NOT NULL AS has_number FROM usage_days WHERE {IsOfReport} ORDER BY license_id";

    private const string SelectCodes = "SELECT license_id, code FROM marketplace_codes WHERE license_id IN @licenses ORDER BY license_id";

    // The number comes after the ids.
    private const string IsNumberOfPart = "active_num IS NOT NULL AND ids / @partSize = @part";

    private const string SelectNumbers = $"SELECT license_id, active_num FROM usage_days WHERE {IsOfReport} AND {IsNumberOfPart}";

    private const string SelectIds = $"SELECT license_id, id FROM usage_ids WHERE {IsOfReport} AND part = @part ORDER BY license_id, id";

    private const string DeleteIds = $"DELETE FROM usage_ids WHERE {IsOfReport} AND part = @part";

    private const string UpdateNoNumber = $"UPDATE usage_days SET active_num = NULL WHERE {IsOfReport} AND {IsNumberOfPart}";

    private const string DeleteDone =
        $"""
        DELETE FROM usage_days WHERE {IsOfReport} AND active_num IS NULL
            AND NOT EXISTS (SELECT 1 FROM usage_ids i WHERE i.day = usage_days.day AND i.license_id = usage_days.license_id)
        """;

    // The day first, by which they are found: an id is told on its day, or just after it.
    private const string DeleteOldIds =
        """
        DELETE FROM usage_ids WHERE (day, license_id, id) IN (
            SELECT day, license_id, id FROM usage_ids WHERE (day <= @idsThrough AND received_at <= @idsBefore) OR day > @after LIMIT @most)
        """;

    private const string IsOldDay = "day <= @through OR day > @after";

    internal const string SelectHasOld =
        """
        SELECT EXISTS (SELECT 1 FROM usage_ids WHERE day <= @idsThrough AND received_at <= @idsBefore) OR EXISTS (SELECT 1 FROM usage_ids WHERE day > @after)
            OR EXISTS (SELECT 1 FROM usage_days WHERE day <= @through) OR EXISTS (SELECT 1 FROM usage_days WHERE day > @after)
        """;

    private const string SelectOldNumbers =
        $"""
        SELECT COUNT(*) FROM (SELECT active_num FROM usage_days WHERE {IsOldDay} ORDER BY day, license_id LIMIT @most) old
        WHERE active_num IS NOT NULL
        """;

    private const string DeleteOldDays =
        $"""
        DELETE FROM usage_days WHERE (day, license_id) IN (
            SELECT day, license_id FROM usage_days WHERE {IsOldDay} ORDER BY day, license_id LIMIT @most)
        """;

    /// <inheritdoc/>
    public ValueTask<bool> HasCodeAsync(string licenseId, CancellationToken cancellationToken) =>
        database.ReadAsync(async session => await session.Connection.ExecuteScalarAsync<bool>(SelectHasCode, new { licenseId }), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> AddAsync(
        string account, string licenseId, DateOnly day, UsageEntry entry, int partSize, int mostIds, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Software tells the same again and again, and nobody need wait for the writer.
        if (await database.ReadAsync(session => HasAsync(session, licenseId, day, entry), cancellationToken))
        {
            return true;
        }

        return await database.WriteAsync(
            async session =>
            {
                session.Lock("usage of " + licenseId);
                for (var on = day; ; on = on.AddDays(1))
                {
                    if (await AddAsync(session, account, licenseId, on, entry, partSize, mostIds, now) is { } added)
                    {
                        return added;
                    }
                }
            },
            WritePriority.Normal,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<int> ReportAsync(
        string account, DateOnly before, int most, DateTimeOffset now, Func<DateOnly, IReadOnlyList<UsedLicense>, IReadOnlyList<OutboxMessage>> messages,
        CancellationToken cancellationToken)
    {
        var asked = new { account, before = ToText(before), most };
        return await database.ReadAsync(async session => await ListUnreportedAsync(session, asked) is { Licenses.Count: 0 }, cancellationToken)
            ? 0
            : await database.WriteAsync(
                async session =>
                {
                    session.Lock("usage reports of " + account);
                    var (day, licenses) = await ListUnreportedAsync(session, asked);
                    if (licenses.Count == 0)
                    {
                        return 0;
                    }

                    // Looked at once nobody can add to them any more.
                    await session.Connection.ExecuteAsync(UpdateReported, new { day, licenses, now });
                    var used = await session.Connection.QueryAsync<UsedRow>(SelectUsed, new { day, licenses });
                    UsedLicense[] taken = [.. used.Select(static row => new UsedLicense(row.LicenseId, row.Ids, row.HasNumber))];
                    OutboxRows.Add(session, OutboxRows.Prepare(messages(ToDay(day), taken)));
                    return licenses.Count;
                },
                WritePriority.Low,
                cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LicenseUsage>> ReadAsync(UsageReport report, int partSize, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<IReadOnlyList<LicenseUsage>>(
            async session =>
            {
                var asked = Asked(report, report.Licenses, partSize);
                var numbers = (await session.Connection.QueryAsync<(string LicenseId, long Number)>(SelectNumbers, asked))
                    .ToDictionary(static row => row.LicenseId, static row => (int)row.Number);
                var ids = (await session.Connection.QueryAsync<(string LicenseId, string Id)>(SelectIds, asked))
                    .ToLookup(static row => row.LicenseId, static row => row.Id);
                var codes = await session.Connection.QueryAsync<(string LicenseId, string Code)>(SelectCodes, asked);
                return
                [
                    .. codes.Select(row => new LicenseUsage(
                            row.LicenseId, MarketplaceCode.Read(row.Code)!, [.. ids[row.LicenseId]], numbers.TryGetValue(row.LicenseId, out var number) ? number : null))
                        .Where(static usage => usage.Entries > 0),
                ];
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task RemoveAsync(UsageReport report, IReadOnlyCollection<string> licenseIds, int partSize, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Whichever part is removed last takes the license's row with it.
            session.Lock("usage reported of " + ToText(report.Day));
            var asked = Asked(report, licenseIds, partSize);
            await session.Connection.ExecuteAsync(DeleteIds, asked);
            await session.Connection.ExecuteAsync(UpdateNoNumber, asked);
            return await session.Connection.ExecuteAsync(DeleteDone, asked);
        },
        WritePriority.Low,
        cancellationToken);

    /// <inheritdoc/>
    public async Task<LostUsage> DeleteOldAsync(DateTimeOffset idsBefore, DateOnly through, DateOnly after, CancellationToken cancellationToken)
    {
        // An id was told on its day, or counted to the one after it; the marketplace's day may begin a day before or after UTC's.
        var asked = new
        {
            idsBefore,
            idsThrough = ToText(DateOnly.FromDateTime(idsBefore.UtcDateTime).AddDays(2)),
            through = ToText(through),
            after = ToText(after),
            most = IUsageStore.BatchSize,
        };
        return !await database.ReadAsync(async session => await session.Connection.ExecuteScalarAsync<bool>(SelectHasOld, asked), cancellationToken)
            ? new LostUsage(0, 0, HasMore: false)
            : await database.WriteAsync(
                async session =>
                {
                    var ids = await session.Connection.ExecuteAsync(DeleteOldIds, asked);
                    var numbers = await session.Connection.ExecuteScalarAsync<int>(SelectOldNumbers, asked);
                    var days = await session.Connection.ExecuteAsync(DeleteOldDays, asked);
                    return new LostUsage(ids, numbers, HasMore: ids == IUsageStore.BatchSize || days == IUsageStore.BatchSize);
                },
                WritePriority.Low,
                cancellationToken);
    }

    private static async ValueTask<bool> HasAsync(IReadSession session, string licenseId, DateOnly day, UsageEntry entry) => entry switch
    {
        UsageEntry.Count count =>
            await session.Connection.ExecuteScalarAsync<bool>(SelectHasNumber, new { day = ToText(day), licenseId, number = (long)count.ActiveNumber }),
        UsageEntry.Id id => await session.Connection.ExecuteScalarAsync<bool>(SelectHasId, new { day = ToText(day), licenseId, id = id.Text }),
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry.GetType().Name, "Such an entry is not kept."),
    };

    // Null: the day's report was written already.
    private static async ValueTask<bool?> AddAsync(
        IWriteSession session, string account, string licenseId, DateOnly day, UsageEntry entry, int partSize, int mostIds, DateTimeOffset now)
    {
        if (await HasAsync(session, licenseId, day, entry))
        {
            return true;
        }

        var asked = new { day = ToText(day), licenseId, account };
        var row = await session.Connection.QuerySingleOrDefaultAsync<DayRow>(SelectDay, asked);
        if (row is { ReportedAt: not null })
        {
            return null;
        }

        if (entry is UsageEntry.Id && row?.Ids >= mostIds)
        {
            return false;
        }

        if (row is null)
        {
            await session.Connection.ExecuteAsync(InsertDay, asked);
        }

        if (entry is UsageEntry.Count count)
        {
            return await session.Connection.ExecuteAsync(UpdateNumber, new { asked.day, licenseId, number = (long)count.ActiveNumber }) == 1 ? true : null;
        }

        if (await session.Connection.ExecuteAsync(UpdateIds, asked) == 0)
        {
            return null;
        }

        await session.Connection.ExecuteAsync(
            InsertId, new { asked.day, licenseId, id = ((UsageEntry.Id)entry).Text, part = (row?.Ids ?? 0) / partSize, now });
        return true;
    }

    // Of one day: the oldest.
    private static async ValueTask<(string Day, List<string> Licenses)> ListUnreportedAsync(IReadSession session, object asked)
    {
        var rows = (await session.Connection.QueryAsync<(string Day, string LicenseId)>(SelectUnreported, asked)).AsList();
        return rows.Count == 0 ? ("", []) : (rows[0].Day, [.. rows.Where(row => row.Day == rows[0].Day).Select(static row => row.LicenseId)]);
    }

    private static object Asked(UsageReport report, IReadOnlyCollection<string> licenses, int partSize) =>
        new { day = ToText(report.Day), licenses, part = (long)report.Part, partSize = (long)partSize };

    private static string ToText(DateOnly day) => day.ToString(DayForm, CultureInfo.InvariantCulture);

    private static DateOnly ToDay(string text) => DateOnly.ParseExact(text, DayForm, CultureInfo.InvariantCulture);

    private sealed class DayRow
    {
        public long Ids { get; init; }

        public DateTimeOffset? ReportedAt { get; init; }
    }

    private sealed class UsedRow
    {
        public string LicenseId { get; init; } = "";

        public long Ids { get; init; }

        public bool HasNumber { get; init; }
    }
}
