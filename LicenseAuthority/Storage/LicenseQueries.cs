using System.Text;
using System.Text.Json;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Storage;

/// <summary>What operators and licensed software look up, on connections that only read. Thread-safe.</summary>
internal sealed class LicenseQueries(IDatabase database) : ILicenseQueries
{
    // A license's columns with its newest code; every query on licenses begins so.
    private const string SelectLicenses =
        $"""
        SELECT {LicenseRow.Columns}, c.text
        FROM licenses l
        JOIN codes c ON c.license_id = l.id AND c.generation = l.generation
        """;

    private const string SelectById = $"{SelectLicenses} WHERE l.id = @id";

    internal const string SelectByCode =
        $"""
        SELECT {LicenseRow.Columns}, c.text, shown.sha256
        FROM codes shown
        JOIN licenses l ON l.id = shown.license_id
        JOIN codes c ON c.license_id = l.id AND c.generation = l.generation
        WHERE shown.license_id = @license_id AND shown.generation = @generation
        """;

    private static string SelectOrders(SqlDialect dialect) =>
        $"""
        SELECT license_id, order_id, order_line_id, marketplace_product_id, '{LicenseWords.PurchaseScene}' AS scene, received_at, 0 AS position
        FROM orders WHERE license_id IN ({dialect.TextsIn("@ids")})
        UNION ALL
        SELECT license_id, order_id, order_line_id, marketplace_product_id, scene, received_at, id
        FROM follow_up_orders WHERE license_id IN ({dialect.TextsIn("@ids")})
        ORDER BY position
        """;

    // A beginning is a range: nothing that begins so sorts behind it with the last code point after it, which stands for no character.
    private const string LastCodePoint = "\U0010FFFF";

    private const string SelectByName = "SELECT id FROM licenses WHERE customer_name >= @customer AND customer_name < @customer_end";

    // Above so many the index of the due ones no longer pays: a page would sort them all.
    private const int FewDue = 50_000;

    private const string SelectDueCount = "SELECT COUNT(*) FROM (SELECT 1 FROM licenses WHERE next_due_at <= @now LIMIT @most) AS due";

    private const string SelectExists = "SELECT TRUE FROM licenses WHERE id = @id";

    private const string SelectEvents =
        """
        SELECT id, at, type, actor, activity, order_id, order_line_id, before, after, remark
        FROM events
        WHERE license_id = @license_id AND id > @after_event
        ORDER BY id
        LIMIT @limit
        """;

    /// <summary>
    /// The state of a license whose next change has come and is not recorded yet: the same as <see cref="License.StateAt"/>. Due means that it has left
    /// the state in its row; that leaves Frozen and Released. The formula of <see cref="License.GraceEndsAt"/>, where SQL would make NULL of an absent part.
    /// </summary>
    private static string StateWhenDue(SqlDialect dialect) =>
        $"""
        CASE WHEN {dialect.Later}(coalesce(l.expires_at, l.expired_by_marketplace_at), coalesce(l.expired_by_marketplace_at, l.expires_at)) + l.grace <= @now
            THEN 'Released' ELSE 'Frozen' END
        """;

    /// <inheritdoc/>
    public ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session => await session.Prepared(SelectById).Bind(licenseId).QuerySingleOrDefaultAsync(ReadLicense) is { } found
            ? (await WithOrdersAsync(session, [found])).Single()
            : null,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IssuedCode?> FindByCodeAsync(string licenseId, int generation, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Prepared(SelectByCode)
            .Bind(licenseId, generation)
            .QuerySingleOrDefaultAsync(static row => new IssuedCode(row.GetBytes(LicenseRow.Width + 1), ReadLicense(row))),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LicenseRecord>> ListAsync(
        LicenseFilter filter, LicenseCursor cursor, int limit, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<IReadOnlyList<LicenseRecord>>(
            async session =>
            {
                var now = Instants.ToSql(cursor.Now);
                var fewDue = filter.State is null
                    || await session.Prepared(SelectDueCount).Bind(now, FewDue + 1).QuerySingleOrDefaultAsync(static row => row.GetInt64(0)) <= FewDue;
                var licenses = await session.Prepared(ListSql(filter, session.Dialect))
                    .Bind(
                        now,
                        cursor.BeforeId ?? "~",
                        limit,
                        filter.Test,
                        filter.State?.ToWord(),
                        filter.Product,
                        filter.Customer,
                        filter.OrderId,
                        Instants.ToSql(filter.ExpiresBefore),
                        Instants.ToSql(filter.ExpiresAfter),
                        fewDue,
                        filter.Customer + LastCodePoint)
                    .QueryAsync(ReadLicense);
                return await WithOrdersAsync(session, licenses);
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<EventRecord>?> ListEventsAsync(
        string licenseId, long afterEvent, int limit, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<IReadOnlyList<EventRecord>?>(
            async session => await session.Prepared(SelectExists).Bind(licenseId).QuerySingleOrDefaultAsync(static row => row.GetBoolean(0))
                ? await session.Prepared(SelectEvents).Bind(licenseId, afterEvent, limit).QueryAsync(ReadEvent)
                : null,
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(
        ConflictKind? kind, ConflictStatus status, string? beforeId, int limit, CancellationToken cancellationToken)
    {
        var sql =
            $"""
            SELECT {ConflictRow.Columns}
            FROM conflicts
            WHERE id < @before AND {(kind is null ? "@kind IS NULL" : "kind = @kind")}
                AND {(status == ConflictStatus.Open ? "resolution IS NULL AND @resolution = 'open'" : "resolution = @resolution")}
            ORDER BY id DESC
            LIMIT @limit
            """;
        return await database.ReadAsync(
            session => session.Prepared(sql).Bind(beforeId ?? "~", kind?.ToWord(), status.ToWord(), limit).QueryAsync(ConflictRow.Read), cancellationToken);
    }

    // One text per combination of filters, so that each uses the index that fits it: a parameter that may be NULL would use none.
    // A due license is looked for by whichever is shorter, the due ones or the newest ones; the branch that is not taken costs nothing.
    internal static string ListSql(LicenseFilter filter, SqlDialect dialect)
    {
        var conditions = new StringBuilder("l.id < @before AND l.test = @test");
        conditions.Append(filter.Product is null ? "" : " AND l.product = @product");
        conditions.Append(filter.Customer switch
        {
            null => "",
            _ when filter.Customer.StartsWith("cus_", StringComparison.Ordinal) => $" AND (l.customer_id = @customer OR l.id IN ({SelectByName}))",
            _ => $" AND l.id IN (SELECT id FROM licenses WHERE marketplace_customer_id = @customer UNION {SelectByName})",
        });
        conditions.Append(filter.OrderId is null
            ? ""
            : " AND l.id IN (SELECT license_id FROM orders WHERE order_id = @order_id UNION SELECT license_id FROM follow_up_orders WHERE order_id = @order_id)");
        conditions.Append(filter.ExpiresBefore is null ? "" : " AND l.expires_at < @expires_before");
        conditions.Append(filter.ExpiresAfter is null ? "" : " AND l.expires_at > @expires_after");
        var due = $"{conditions} AND l.next_due_at <= @now AND {StateWhenDue(dialect)} = @state";
        var matching = filter.State is null
            ? Matching(conditions.ToString())
            : $"""
              SELECT id FROM ({Matching($"{conditions} AND l.state = @state AND l.next_due_at > @now")}) AS settled
              UNION ALL
              SELECT id FROM ({Matching($"@few_due AND {due}", dialect.IndexedBy("licenses_by_due"))}) AS few_due
              UNION ALL
              SELECT id FROM ({Matching($"NOT @few_due AND {due}")}) AS many_due
              """;

        // The first line numbers the parameters, whichever of them the text uses.
        return
            $"""
            WITH given AS (SELECT @now, @before, @limit, @test, @state, @product, @customer, @order_id, @expires_before, @expires_after, @few_due, @customer_end)
            {SelectLicenses}
            WHERE l.id IN ({matching})
            ORDER BY l.id DESC
            LIMIT @limit
            """;
    }

    private static string Matching(string conditions, string index = "") =>
        $"SELECT l.id FROM licenses l {index} WHERE {conditions} ORDER BY l.id DESC LIMIT @limit";

    // One statement for all: on PostgreSQL each costs the way to the server and back.
    private static async ValueTask<List<LicenseRecord>> WithOrdersAsync(ISession session, List<LicenseWithCode> licenses)
    {
        var ids = JsonSerializer.Serialize(licenses.ConvertAll(static license => license.License.Id));
        var orders = await session.Prepared(SelectOrders(session.Dialect)).Bind(ids)
            .QueryAsync(static row => (LicenseId: row.GetString(0), Order: ReadOrder(row)));
        var ordersOf = orders.ToLookup(static order => order.LicenseId, static order => order.Order);
        return licenses.ConvertAll(license => new LicenseRecord(license.License, license.CodeText, [.. ordersOf[license.License.Id]]));
    }

    private static LicenseWithCode ReadLicense(Row row) => new(LicenseRow.Read(row), row.GetString(LicenseRow.Width));

    private static LicenseOrder ReadOrder(Row row) => new(
        row.GetString(1), row.GetString(2), row.GetStringOrNull(3), row.GetString(4), Instants.FromSql(row.GetInt64(5)));

    private static EventRecord ReadEvent(Row row) => new(
        row.GetInt64(0),
        Instants.FromSql(row.GetInt64(1)),
        row.GetString(2),
        new CallSource(row.GetString(3), row.GetString(4), row.GetStringOrNull(5), row.GetStringOrNull(6)),
        row.GetStringOrNull(7),
        row.GetStringOrNull(8),
        row.GetStringOrNull(9));
}
