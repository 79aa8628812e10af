using System.Text;
using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>What operators and licensed software look up, on connections that only read. Thread-safe.</summary>
internal sealed class LicenseQueries(IDatabase database, UnreadableLicenses unreadable) : ILicenseQueries
{
    // A license's columns with its newest code; every query on licenses begins so.
    private static readonly string SelectLicenses =
        $"""
        SELECT {LicenseRow.Columns}, c.text
        FROM licenses l
        JOIN codes c ON c.license_id = l.id AND c.generation = l.unbound_generation
        """;

    private static readonly string SelectById = $"{SelectLicenses} WHERE l.id = @id";

    // Licensed software asks this, without being known: prepared, as what is hot.
    internal static readonly string SelectByCode =
        $"""
        SELECT {LicenseRow.Columns}, c.text, shown.sha256, shown.device
        FROM codes shown
        JOIN licenses l ON l.id = shown.license_id
        JOIN codes c ON c.license_id = l.id AND c.generation = l.unbound_generation
        WHERE shown.license_id = @license_id AND shown.generation = @generation
        """;

    private const string SelectOrders =
        """
        SELECT license_id, order_id, order_line_id, marketplace_product_id, CAST(NULL AS TEXT) AS scene, received_at, 0 AS position
        FROM orders WHERE license_id IN @ids
        UNION ALL
        SELECT license_id, order_id, order_line_id, marketplace_product_id, scene, received_at, id
        FROM follow_up_orders WHERE license_id IN @ids
        ORDER BY position
        """;

    private const string SelectMarketplaceCodes = "SELECT license_id, code FROM marketplace_codes WHERE license_id IN @ids";

    // A beginning is a range: nothing that begins so sorts behind it with the last code point after it, which stands for no character.
    private const string LastCodePoint = "\U0010FFFF";

    private const string SelectByName = "SELECT id FROM licenses WHERE customer_name >= @customer AND customer_name < @customerEnd";

    // Above so many the index of the due ones no longer pays: a page would sort them all.
    private const int FewDue = 50_000;

    private const string SelectDueCount = "SELECT COUNT(*) FROM (SELECT 1 FROM licenses WHERE next_due_at <= @now LIMIT @most) AS due";

    internal const string SelectKnown = "SELECT id FROM licenses WHERE id IN @licenseIds AND account = @account AND (test OR NOT @testOnly)";

    private const string SelectExists = "SELECT EXISTS (SELECT 1 FROM licenses WHERE id = @licenseId)";

    private const string SelectEvents =
        """
        SELECT id AS number, at, type, actor, activity, order_id, order_line_id, before, after, remark
        FROM events
        WHERE license_id = @licenseId AND id > @afterEvent
        ORDER BY id
        LIMIT @limit
        """;

    /// <summary>
    /// The state of a license whose next change has come and is not recorded yet: the same as <see cref="License.StateAt"/>. Due means that it has left
    /// the state in its row; that leaves Frozen and Released. The formula of <see cref="License.GraceEndsAt"/>, where SQL would make NULL of an absent part.
    /// </summary>
    internal static string StateWhenDue(SqlDialect dialect) =>
        $"""
        CASE WHEN {dialect.Later}(
                coalesce(l.expires_at + l.tolerance, l.expired_by_marketplace_at),
                coalesce(l.expired_by_marketplace_at, l.expires_at + l.tolerance)) + l.grace <= @now
            THEN '{LicenseState.Released.ToWord()}' ELSE '{LicenseState.Frozen.ToWord()}' END
        """;

    /// <inheritdoc/>
    public ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session => (await ReadLicensesAsync(session, SelectById, new { id = licenseId })).SingleOrDefault()?.GetRecord(),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IssuedCode?> FindByCodeAsync(string licenseId, int generation, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Prepared(SelectByCode)
            .Bind(licenseId, generation)
            .QuerySingleOrDefaultAsync(static row => ReadIssued(row)),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ListedLicense>> ListAsync(
        LicenseFilter filter, LicenseCursor cursor, int limit, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<IReadOnlyList<ListedLicense>>(
            async session =>
            {
                var fewDue = filter.State is null
                    || await session.Connection.ExecuteScalarAsync<long>(SelectDueCount, new { now = cursor.Now, most = FewDue + 1 }) <= FewDue;
                return await ReadLicensesAsync(session, ListSql(filter, session.Dialect), new
                {
                    now = cursor.Now,
                    before = cursor.BeforeId ?? "~",
                    limit,
                    test = filter.Test,
                    state = filter.State?.ToWord(),
                    product = filter.Product,
                    account = filter.Account,
                    customer = filter.Customer,
                    customerEnd = filter.Customer + LastCodePoint,
                    orderId = filter.OrderId,
                    expiresBefore = filter.ExpiresBefore,
                    expiresAfter = filter.ExpiresAfter,
                    marketplaceCode = filter.MarketplaceCode?.Sha256,
                    fewDue,
                });
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> ListKnownAsync(
        string account, IReadOnlyCollection<string> licenseIds, bool testOnly, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlySet<string>>(
        async session => (await session.Connection.QueryAsync<string>(SelectKnown, new { account, licenseIds, testOnly })).ToHashSet(StringComparer.Ordinal),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<EventRecord>?> ListEventsAsync(
        string licenseId, long afterEvent, int limit, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<IReadOnlyList<EventRecord>?>(
            async session => await session.Connection.ExecuteScalarAsync<bool>(SelectExists, new { licenseId })
                ? (await session.Connection.QueryAsync<EventRow>(SelectEvents, new { licenseId, afterEvent, limit })).AsList().ConvertAll(static row => row.ToRecord())
                : null,
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(
        ConflictKind? kind, ConflictStatus status, bool testOrders, string? beforeId, int limit, CancellationToken cancellationToken)
    {
        var sql =
            $"""
            SELECT {ConflictRow.Columns}
            FROM conflicts
            WHERE id < @before AND {(status == ConflictStatus.Open ? "resolution IS NULL" : "resolution = @resolution")}
                {(kind is null ? "" : "AND kind = @kind")} AND {(testOrders ? "test" : "test IS NOT TRUE")}
            ORDER BY id DESC
            LIMIT @limit
            """;
        return await database.ReadAsync(
            async session =>
            {
                var rows = await session.Connection.QueryAsync<ConflictRow>(
                    sql, new { before = beforeId ?? "~", kind = kind?.ToWord(), resolution = status.ToWord(), limit });
                return rows.AsList().ConvertAll(static row => row.ToRecord());
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasUnservedOrdersAsync(CancellationToken cancellationToken) => database.ReadAsync(
        static async session =>
            await session.Prepared(UnservedOrderRows.SelectAny).Bind(false).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) > 0
            || await session.Prepared(UnservedOrderRows.SelectAnyRenewal).Bind(false).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) > 0,
        cancellationToken);

    // One text per combination of filters, so that each uses the index that fits it: a parameter that may be NULL would use none.
    // A due license is looked for by whichever is shorter, the due ones or the newest ones; the branch that is not taken costs nothing.
    internal static string ListSql(LicenseFilter filter, SqlDialect dialect)
    {
        var conditions = new StringBuilder("l.id < @before AND l.test = @test");
        conditions.Append(filter.Product is null ? "" : " AND l.product = @product");
        conditions.Append(filter.Account is null ? "" : " AND l.account = @account");
        conditions.Append(filter.Customer switch
        {
            null => "",
            _ when filter.Customer.StartsWith("cus_", StringComparison.Ordinal) => $" AND (l.customer_id = @customer OR l.id IN ({SelectByName}))",
            _ => $" AND l.id IN (SELECT id FROM licenses WHERE marketplace_customer_id = @customer UNION {SelectByName})",
        });
        conditions.Append(filter.OrderId is null
            ? ""
            : " AND l.id IN (SELECT license_id FROM orders WHERE order_id = @orderId UNION SELECT license_id FROM follow_up_orders WHERE order_id = @orderId)");
        conditions.Append(filter.MarketplaceCode is null
            ? ""
            : $" AND l.id IN (SELECT license_id FROM handles WHERE handle = @marketplaceCode AND kind = '{HandleRows.MarketplaceCodeKind}')");
        conditions.Append(filter.ExpiresBefore is null ? "" : " AND l.expires_at < @expiresBefore");
        conditions.Append(filter.ExpiresAfter is null ? "" : " AND l.expires_at > @expiresAfter");
        conditions.Append(filter.CodeInvalid
            ? $"""
               AND l.id IN (
                  SELECT i.license_id FROM codes i JOIN licenses n ON n.id = i.license_id AND n.unbound_generation = i.generation WHERE i.invalid_at IS NOT NULL)
               AND l.released_at IS NULL AND l.revoked_at IS NULL AND NOT (l.next_due_at <= @now AND {StateWhenDue(dialect)} = '{LicenseState.Released.ToWord()}')
              """
            : "");
        var due = $"{conditions} AND l.next_due_at <= @now AND {StateWhenDue(dialect)} = @state";
        var matching = filter.State is null
            ? Matching(conditions.ToString())
            : $"""
              SELECT id FROM ({Matching($"{conditions} AND l.state = @state AND l.next_due_at > @now")}) AS settled
              UNION ALL
              SELECT id FROM ({Matching($"@fewDue AND {due}", dialect.IndexedBy("licenses_by_due"))}) AS few_due
              UNION ALL
              SELECT id FROM ({Matching($"NOT @fewDue AND {due}")}) AS many_due
              """;

        return
            $"""
            {SelectLicenses}
            WHERE l.id IN ({matching})
            ORDER BY l.id DESC
            LIMIT @limit
            """;
    }

    private static string Matching(string conditions, string index = "") =>
        $"SELECT l.id FROM licenses l {index} WHERE {conditions} ORDER BY l.id DESC LIMIT @limit";

    // The columns of a license are read where they are declared, by position; Dapper binds the parameters.
    private async ValueTask<List<ListedLicense>> ReadLicensesAsync(IReadSession session, string sql, object parameters)
    {
        var licenses = new List<(string Id, LicenseWithCode? Readable)>();
        await using (var reader = await session.Connection.ExecuteReaderAsync(sql, parameters))
        {
            var row = new ReaderRow(reader);
            while (await reader.ReadAsync())
            {
                licenses.Add((
                    row.GetString(0), StoredLicense.TryRead(row, unreadable) is { } license ? new LicenseWithCode(license, row.GetString(LicenseRow.Width)) : null));
            }
        }

        if (licenses.Count == 0)
        {
            return [];
        }

        // One statement for all: on PostgreSQL each costs the way to the server and back.
        var ids = new { ids = licenses.Select(static license => license.Id) };
        var orders = await session.Connection.QueryAsync<OrderRow>(SelectOrders, ids);
        var ordersOf = orders.ToLookup(static order => order.LicenseId, static order => order.ToOrder());
        var codes = await session.Connection.QueryAsync<(string LicenseId, string Code)>(SelectMarketplaceCodes, ids);
        var codeOf = codes.ToDictionary(static code => code.LicenseId, static code => MarketplaceCode.Read(code.Code), StringComparer.Ordinal);
        return licenses.ConvertAll(license => new ListedLicense(
            license.Id,
            license.Readable is { } readable
                ? new LicenseRecord(readable.License, readable.CodeText, [.. ordersOf[license.Id]]) { MarketplaceCode = codeOf.GetValueOrDefault(license.Id) }
                : null));
    }

    private static LicenseWithCode ReadLicense(Row row) => new(StoredLicense.Read(row), row.GetString(LicenseRow.Width));

    private static IssuedCode ReadIssued(Row row) =>
        new(row.GetBytes(LicenseRow.Width + 1), row.GetStringOrNull(LicenseRow.Width + 2), ReadLicense(row));

    private sealed class OrderRow
    {
        public string LicenseId { get; init; } = "";

        public string OrderId { get; init; } = "";

        public string OrderLineId { get; init; } = "";

        public string? MarketplaceProductId { get; init; }

        public string? Scene { get; init; }

        public DateTimeOffset ReceivedAt { get; init; }

        public LicenseOrder ToOrder() => new(OrderId, OrderLineId, MarketplaceProductId, Scene, ReceivedAt);
    }

    private sealed class EventRow
    {
        public long Number { get; init; }

        public DateTimeOffset At { get; init; }

        public string Type { get; init; } = "";

        public string Actor { get; init; } = "";

        public string Activity { get; init; } = "";

        public string? OrderId { get; init; }

        public string? OrderLineId { get; init; }

        public string? Before { get; init; }

        public string? After { get; init; }

        public string? Remark { get; init; }

        public EventRecord ToRecord() => new(
            Number, At, LicenseWords.EventTypes.FromSql("events.type", Type).ToWord(), new CallSource(Actor, Activity, OrderId, OrderLineId), Before, After, Remark);
    }
}
