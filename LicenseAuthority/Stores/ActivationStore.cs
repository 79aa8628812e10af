using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Looks up devices' places in the database. Of those of a license, which may be tens of thousands, none reads all. Thread-safe.</summary>
internal sealed class ActivationStore(IDatabase database) : IActivationStore
{
    // As many as a code may have; fewer are filled up, so that there is one statement.
    private const int MostDeviceIds = 8;

    private const string SelectWithCode =
        $"""
        SELECT {ActivationRow.Columns}, c.text, coalesce(c.invalid_at, c.void_at)
        FROM activations a
        JOIN codes c ON c.license_id = a.license_id AND c.generation = a.generation
        """;

    private const string SelectById = $"{SelectWithCode} WHERE a.id = @id AND a.license_id = @license_id";

    // Those of freed activations are not among the ids. A fingerprint may be shared by all machines of one make, so they are counted where they lie.
    internal const string SelectSame =
        $"""
        {SelectWithCode}
        JOIN (
            SELECT activation_id, count(*) AS matches
            FROM activation_devices
            WHERE license_id = @license_id AND device_id IN (@id1, @id2, @id3, @id4, @id5, @id6, @id7, @id8)
            GROUP BY activation_id) found ON found.activation_id = a.id
        WHERE found.matches >= a.required AND a.freed_at IS NULL
        ORDER BY CASE WHEN a.lease_until <= @now THEN 1 ELSE 0 END, found.matches DESC, a.id
        LIMIT 1
        """;

    // A message that is not there any more was delivered, and deleted in time.
    internal const string SelectRequested =
        $"""
        SELECT {ActivationRow.Columns}, c.text, coalesce(c.invalid_at, c.void_at), r.message_id,
            CASE WHEN o.dead_lettered_at IS NOT NULL THEN 2 WHEN o.id IS NOT NULL AND o.delivered_at IS NULL THEN 0 ELSE 1 END
        FROM requested_codes r
        JOIN activations a ON a.id = r.activation_id
        JOIN codes c ON c.license_id = r.license_id AND c.generation = r.generation
        LEFT JOIN outbox o ON o.message_id = r.message_id
        WHERE r.license_id = @license_id AND r.request_id = @request_id AND r.device_id = @device_id
        """;

    // The request knows its newest code, and the newest message that goes for it.
    internal static readonly string SelectCode =
        $"""
        SELECT coalesce(n.generation, c.generation), n.text, (SELECT min(o.order_id) FROM orders o WHERE o.license_id = c.license_id),
            CASE WHEN l.state IN ('{LicenseState.Released.ToWord()}', '{LicenseState.Revoked.ToWord()}')
                OR coalesce(n.invalid_at, n.void_at) IS NOT NULL THEN 1 ELSE 0 END
        FROM codes c
        JOIN licenses l ON l.id = c.license_id
        LEFT JOIN requested_codes r ON r.license_id = c.license_id AND r.request_id = @request_id AND r.message_id = @message_id
        LEFT JOIN codes n ON n.license_id = r.license_id AND n.generation = r.generation
        WHERE c.license_id = @license_id AND c.generation = @generation
        """;

    internal const string SelectLongestOver =
        $"""
        SELECT {ActivationRow.Columns} FROM activations a
        WHERE a.license_id = @license_id AND a.freed_at IS NULL AND a.lease_until <= @now
        ORDER BY a.lease_until
        LIMIT 1
        """;

    internal const string SelectHolders =
        $"SELECT {ActivationRow.Columns} FROM activations a WHERE a.license_id = @license_id AND {ActivationRow.HasPlace} ORDER BY a.id LIMIT @most";

    internal const string SelectPage =
        $"SELECT {ActivationRow.Columns} FROM activations a WHERE a.license_id = @license_id AND a.id < @before ORDER BY a.id DESC LIMIT @most";

    internal const string SelectLimiting =
        $"""
        SELECT freed_at FROM activations
        WHERE license_id = @license_id AND freed_at > @since AND freed_at <= @now AND freed_by IN ('{FreedBy.Device}', '{FreedBy.License}')
        ORDER BY freed_at DESC
        LIMIT 1 OFFSET @skipped
        """;

    private const string UpdateSeen = "UPDATE activations SET last_seen_at = @now WHERE id = @activationId";

    private static readonly string SelectLicense = $"SELECT {LicenseRow.Columns} FROM licenses l WHERE l.id = @id";

    /// <inheritdoc/>
    public ValueTask<PlacesAt?> FindPlacesAsync(
        string licenseId, string? activationId, IReadOnlyList<string> deviceIds, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync(session => FindPlacesAsync(session, licenseId, activationId, deviceIds, now), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PlacesAt?> FindRequestedAsync(
        string licenseId, string requestId, string? deviceId, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync(
            async session =>
            {
                IReadOnlyList<string> deviceIds = deviceId is null ? [] : [deviceId];
                return await FindPlacesAsync(session, licenseId, activationId: null, deviceIds, now) is { } places
                    ? places with
                    {
                        ById = deviceId is null
                            ? null
                            : await session.Prepared(SelectRequested).Bind(licenseId, requestId, deviceId).QuerySingleOrDefaultAsync(ReadRequested),
                    }
                    : null;
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RequestedCode?> FindCodeAsync(
        string licenseId, int generation, string requestId, string messageId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Prepared(SelectCode)
            .Bind(requestId, messageId, licenseId, generation)
            .QuerySingleOrDefaultAsync(row => new RequestedCode(licenseId, (int)row.GetInt64(0), row.GetStringOrNull(1))
            {
                OrderId = row.GetStringOrNull(2),
                IsOver = row.GetInt64(3) != 0,
            }),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<FreesSince?> FindFreesAsync(
        string licenseId, string activationId, DateTimeOffset since, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync(
            async session => await FindLicenseAsync(session, licenseId) is { } license
                ? new FreesSince(
                    license,
                    (await session.Prepared(SelectById).Bind(activationId, licenseId).QuerySingleOrDefaultAsync(ReadWithCode))?.Activation,
                    Instants.FromSql(await session.Prepared(SelectLimiting)
                        .Bind(licenseId, Instants.ToSql(since), Instants.ToSql(now), license.Quantity - 1)
                        .QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0))))
                : null,
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Activation>> ListHoldersAsync(string licenseId, DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            session => session.Prepared(SelectHolders).Bind(licenseId, Instants.ToSql(now), most).QueryAsync(static row => ActivationRow.Read(row)),
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Activation>?> ListAsync(string licenseId, string? beforeId, int limit, CancellationToken cancellationToken) =>
        database.ReadSnapshotAsync<IReadOnlyList<Activation>?>(
            async session => await FindLicenseAsync(session, licenseId) is null
                ? null
                : await session.Prepared(SelectPage).Bind(licenseId, beforeId ?? "~", limit).QueryAsync(static row => ActivationRow.Read(row)),
            cancellationToken);

    /// <inheritdoc/>
    public Task SeenAsync(string activationId, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.Connection.ExecuteAsync(UpdateSeen, new { now, activationId }), WritePriority.Upkeep, cancellationToken);

    private static async ValueTask<PlacesAt?> FindPlacesAsync(
        IReadSession session, string licenseId, string? activationId, IReadOnlyList<string> deviceIds, DateTimeOffset now)
    {
        if (await FindLicenseAsync(session, licenseId) is not { } license)
        {
            return null;
        }

        var byId = activationId is null
            ? null
            : await session.Prepared(SelectById).Bind(activationId, licenseId).QuerySingleOrDefaultAsync(ReadWithCode);
        var same = deviceIds.Count == 0 ? null : await FindSameAsync(session, licenseId, deviceIds, now);

        // Who has its place keeps it, however many others there are; of a license with tens of thousands that saves most of the work.
        var own = (activationId is null ? same : byId)?.Activation;
        var (held, taken) = own?.HasPlaceAt(now) == true ? (0, 0) : await ActivationRow.CountAsync(session, licenseId, now);
        var longestOver = held == taken
            ? null
            : await session.Prepared(SelectLongestOver)
                .Bind(licenseId, Instants.ToSql(now))
                .QuerySingleOrDefaultAsync(static row => ActivationRow.Read(row));
        return new PlacesAt(license, byId, same, taken, held, longestOver);
    }

    private static ValueTask<License?> FindLicenseAsync(IReadSession session, string licenseId) =>
        session.Prepared(SelectLicense).Bind(licenseId).QuerySingleOrDefaultAsync(static row => StoredLicense.Read(row));

    private static ValueTask<ActivationWithCode?> FindSameAsync(
        IReadSession session, string licenseId, IReadOnlyList<string> deviceIds, DateTimeOffset now)
    {
        var values = new SqlValue[MostDeviceIds + 2];
        values[0] = licenseId;
        for (var i = 0; i < MostDeviceIds; i++)
        {
            values[i + 1] = deviceIds[Math.Min(i, deviceIds.Count - 1)];
        }

        values[^1] = Instants.ToSql(now);
        return session.Prepared(SelectSame).Bind(values).QuerySingleOrDefaultAsync(ReadWithCode);
    }

    private static ActivationWithCode ReadWithCode(Row row) => new(ActivationRow.Read(row), row.GetString(ActivationRow.Width))
    {
        IsCodeOver = row.GetInt64OrNull(ActivationRow.Width + 1) is not null,
    };

    private static ActivationWithCode ReadRequested(Row row)
    {
        var state = row.GetInt32(ActivationRow.Width + 3) switch
        {
            0 => CodeDeliveryState.Waiting,
            1 => CodeDeliveryState.Delivered,
            _ => CodeDeliveryState.GivenUp,
        };
        return ReadWithCode(row) with { Delivery = new CodeDelivery(state, row.GetStringOrNull(ActivationRow.Width + 2)) };
    }
}
