using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The row of an activation: which column holds which fact. A row is written in the transaction of its license's next version.</summary>
internal static class ActivationRow
{
    /// <summary>How many columns <see cref="Read"/> takes.</summary>
    public const int Width = 18;

    /// <summary>The columns that <see cref="Read"/> expects, in order, of the table alias <c>a</c>.</summary>
    public const string Columns =
        """
        a.id, a.license_id, a.device_ids, a.required, a.name, a.activated_at, a.last_seen_at, a.lease, a.lease_until, a.offline, a.generation,
        a.code_issued_at, a.freed_at, a.freed_by, a.request_id, a.request_device, a.starts_at, a.ends_at
        """;

    /// <summary>Whether it takes a place at <c>@now</c>, as <see cref="Activation.HasPlaceAt"/>.</summary>
    public const string HasPlace = "a.freed_at IS NULL AND (a.lease_until IS NULL OR a.lease_until > @now)";

    private const string Upsert =
        """
        INSERT INTO activations (id, license_id, device_ids, required, name, activated_at, last_seen_at, lease, lease_until, offline, generation, code_issued_at,
            request_id, request_device, starts_at, ends_at)
        VALUES (@id, @license_id, @device_ids, @required, @name, @activated_at, @last_seen_at, @lease, @lease_until, @offline, @generation, @code_issued_at,
            @request_id, @request_device, @starts_at, @ends_at)
        ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at, lease_until = excluded.lease_until, generation = excluded.generation,
            code_issued_at = excluded.code_issued_at, request_id = excluded.request_id, request_device = excluded.request_device,
            starts_at = excluded.starts_at, ends_at = excluded.ends_at
        """;

    private const string InsertDevice =
        "INSERT INTO activation_devices (license_id, device_id, activation_id) VALUES (@license_id, @device_id, @activation_id) ON CONFLICT DO NOTHING";

    private const string UpdateFreed = "UPDATE activations SET freed_at = @freed_at, freed_by = @freed_by WHERE id = @id";

    private const string UpdateAllFreed = "UPDATE activations SET freed_at = @freed_at, freed_by = @freed_by WHERE license_id = @license_id AND freed_at IS NULL";

    private const string DeleteAllDevices = "DELETE FROM activation_devices WHERE license_id = @license_id";

    private const string SelectSeen = "SELECT last_seen_at FROM activations WHERE id = @id";

    private const string DeleteDevice =
        "DELETE FROM activation_devices WHERE license_id = @license_id AND device_id = @device_id AND activation_id = @activation_id";

    internal const string InvalidateCodes = "UPDATE codes SET invalid_at = @invalid_at WHERE device = @device AND invalid_at IS NULL";

    internal const string SelectCounts =
        $"SELECT count(*), count(*) FILTER (WHERE {HasPlace}) FROM activations a WHERE a.license_id = @license_id AND a.freed_at IS NULL";

    /// <summary>Writes one that is new, or has a new code.</summary>
    public static void Put(IWriteSession session, Activation activation)
    {
        session.Prepared(Upsert).Bind(
            activation.Id, activation.LicenseId, string.Join(' ', activation.DeviceIds), activation.Required, activation.Name,
            Instants.ToSql(activation.ActivatedAt), Instants.ToSql(activation.LastSeenAt), (long?)activation.Lease?.TotalMilliseconds,
            Instants.ToSql(activation.LeaseUntil), activation.Offline, activation.Generation, Instants.ToSql(activation.CodeIssuedAt),
            activation.Request?.Id, activation.Request?.DeviceId, Instants.ToSql(activation.StartsAt), Instants.ToSql(activation.EndsAt)).Enqueue();
        foreach (var deviceId in activation.DeviceIds)
        {
            session.Prepared(InsertDevice).Bind(activation.LicenseId, deviceId, activation.Id).Enqueue();
        }
    }

    /// <summary>Writes that one is freed. Its device is not found any more, and its codes are invalid.</summary>
    public static void Free(IWriteSession session, Activation activation)
    {
        var at = Instants.ToSql(activation.FreedAt);
        session.Prepared(UpdateFreed).Bind(at, activation.FreedByWhom, activation.Id).Enqueue();
        session.Prepared(InvalidateCodes).Bind(at, activation.Id).Enqueue();
        foreach (var deviceId in activation.DeviceIds)
        {
            session.Prepared(DeleteDevice).Bind(activation.LicenseId, deviceId, activation.Id).Enqueue();
        }
    }

    /// <summary>Writes that all of a license are freed. Their codes are left as they are.</summary>
    public static void FreeAll(IWriteSession session, string licenseId, DateTimeOffset at, string by)
    {
        session.Prepared(UpdateAllFreed).Bind(Instants.ToSql(at), by, licenseId).Enqueue();
        session.Prepared(DeleteAllDevices).Bind(licenseId).Enqueue();
    }

    /// <summary>Whether the device has not shown itself since the activation was read. A write of its own tells, which changes no version of the license.</summary>
    public static async ValueTask<bool> IsUnseenSinceAsync(IWriteSession session, Activation activation) =>
        await session.Prepared(SelectSeen).Bind(activation.Id).QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0))
            == Instants.ToSql(activation.LastSeenAt);

    /// <summary>How many are not freed, and how many of these have a place at an instant.</summary>
    public static async ValueTask<(int Held, int Taken)> CountAsync(IReadSession session, string licenseId, DateTimeOffset now)
    {
        (int Held, int Taken)? counts = await session.Prepared(SelectCounts)
            .Bind(Instants.ToSql(now), licenseId)
            .QuerySingleOrDefaultAsync(static row => ((int Held, int Taken)?)(row.GetInt32(0), row.GetInt32(1)));
        return counts.GetValueOrDefault();
    }

    /// <summary>Reads the activation whose columns begin at <paramref name="first"/>.</summary>
    public static Activation Read(Row row, int first = 0) => new()
    {
        Id = row.GetString(first),
        LicenseId = row.GetString(first + 1),
        DeviceIds = [.. row.GetString(first + 2).Split(' ')],
        Required = row.GetInt32(first + 3),
        Name = row.GetStringOrNull(first + 4),
        ActivatedAt = Instants.FromSql(row.GetInt64(first + 5)),
        LastSeenAt = Instants.FromSql(row.GetInt64(first + 6)),
        Lease = row.GetInt64OrNull(first + 7) is { } lease ? TimeSpan.FromMilliseconds(lease) : null,
        LeaseUntil = Instants.FromSql(row.GetInt64OrNull(first + 8)),
        Offline = row.GetBoolean(first + 9),
        Generation = row.GetInt32(first + 10),
        CodeIssuedAt = Instants.FromSql(row.GetInt64(first + 11)),
        FreedAt = Instants.FromSql(row.GetInt64OrNull(first + 12)),
        FreedByWhom = row.GetStringOrNull(first + 13),
        Request = row.GetStringOrNull(first + 14) is { } requestId ? new CodeRequest(requestId, row.GetString(first + 15)) : null,
        StartsAt = Instants.FromSql(row.GetInt64OrNull(first + 16)),
        EndsAt = Instants.FromSql(row.GetInt64OrNull(first + 17)),
    };
}
