using LicenseAuthority.Licensing;

namespace LicenseAuthority.Storage;

/// <summary>What operators look up, on connections that only read. Thread-safe.</summary>
internal sealed class LicenseQueries(SqliteDatabase database) : ILicenseQueries
{
    private const string SelectLicense =
        $"""
        SELECT {LicenseRow.Columns}, c.text
        FROM licenses l
        JOIN codes c ON c.license_id = l.id AND c.generation = l.generation
        WHERE l.id = @id
        """;

    private const string SelectOrders =
        $"""
        SELECT order_id, order_line_id, marketplace_product_id, '{LicenseWords.PurchaseScene}' AS scene, received_at, 0 AS position
        FROM orders WHERE license_id = @id
        UNION ALL
        SELECT order_id, order_line_id, marketplace_product_id, scene, received_at, id
        FROM follow_up_orders WHERE license_id = @id
        ORDER BY position
        """;

    private const string SelectByCode =
        $"""
        SELECT {LicenseRow.Columns}, newest.text
        FROM codes held
        JOIN licenses l ON l.id = held.license_id
        JOIN codes newest ON newest.license_id = l.id AND newest.generation = l.generation
        WHERE held.sha256 = @sha256
        """;

    /// <inheritdoc/>
    public ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Readers.Read(session =>
        {
            var found = session.Prepared(SelectLicense).Bind(licenseId).QuerySingleOrDefault(
                static row => ((License License, string CodeText)?)(LicenseRow.Read(row), row.GetString(LicenseRow.Width)));
            return found is { } license
                ? new LicenseRecord(license.License, license.CodeText, session.Prepared(SelectOrders).Bind(licenseId).Query(ReadOrder))
                : null;
        }));

    /// <inheritdoc/>
    public ValueTask<LicenseWithCode?> FindByCodeAsync(byte[] sha256, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Readers.Read(session => session.Prepared(SelectByCode)
            .Bind(sha256)
            .QuerySingleOrDefault(static row => new LicenseWithCode(LicenseRow.Read(row), row.GetString(LicenseRow.Width)))));

    private static LicenseOrder ReadOrder(SqliteRow row) => new(
        row.GetString(0), row.GetString(1), row.GetStringOrNull(2), row.GetString(3), Instants.FromSql(row.GetInt64(4)));
}
