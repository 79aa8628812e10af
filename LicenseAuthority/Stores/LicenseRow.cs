using System.Collections.Immutable;
using System.Globalization;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The row of a license: the one place that knows which column holds which fact.</summary>
internal static class LicenseRow
{
    /// <summary>The columns that <see cref="Read"/> expects, in order, of the table alias <c>l</c>.</summary>
    public const string Columns =
        """
        l.id, l.account, l.product, l.test, l.round, l.trial, l.customer_id, l.marketplace_customer_id, l.customer_name, l.quantity,
        l.entitlements, l.issued_at, l.starts_at, l.expires_at, l.earlier_expiries, l.grace, l.expired_by_marketplace_at,
        l.hold_marketplace_since, l.hold_marketplace_reason, l.hold_admin_since, l.hold_admin_reason, l.released_at, l.released_by,
        l.revoked_at, l.revoke_reason, l.generation, l.code_issued_at, l.last_event_at, l.state, l.version
        """;

    /// <summary>How many columns <see cref="Read"/> takes.</summary>
    public const int Width = 30;

    // What a license keeps for ever stands first, then what ChangingValues gives, in the same order as in Update.
    private const string Insert =
        """
        INSERT INTO licenses (id, account, product, test, customer_id, marketplace_customer_id, customer_name,
            round, trial, quantity, entitlements, issued_at, starts_at, expires_at, earlier_expiries, grace, expired_by_marketplace_at,
            hold_marketplace_since, hold_marketplace_reason, hold_admin_since, hold_admin_reason, released_at, released_by,
            revoked_at, revoke_reason, generation, code_issued_at, last_event_at, state, next_due_at, version)
        VALUES (@id, @account, @product, @test, @customer_id, @marketplace_customer_id, @customer_name,
            @round, @trial, @quantity, @entitlements, @issued_at, @starts_at, @expires_at, @earlier_expiries, @grace, @expired_by_marketplace_at,
            @hold_marketplace_since, @hold_marketplace_reason, @hold_admin_since, @hold_admin_reason, @released_at, @released_by,
            @revoked_at, @revoke_reason, @generation, @code_issued_at, @last_event_at, @state, @next_due_at, @version)
        """;

    // Everything but what a license keeps for ever (id, account, product, test, customer).
    private const string Update =
        """
        UPDATE licenses SET round = @round, trial = @trial, quantity = @quantity, entitlements = @entitlements, issued_at = @issued_at,
            starts_at = @starts_at, expires_at = @expires_at, earlier_expiries = @earlier_expiries, grace = @grace,
            expired_by_marketplace_at = @expired_by_marketplace_at, hold_marketplace_since = @hold_marketplace_since,
            hold_marketplace_reason = @hold_marketplace_reason, hold_admin_since = @hold_admin_since, hold_admin_reason = @hold_admin_reason,
            released_at = @released_at, released_by = @released_by, revoked_at = @revoked_at, revoke_reason = @revoke_reason,
            generation = @generation, code_issued_at = @code_issued_at, last_event_at = @last_event_at, state = @state,
            next_due_at = @next_due_at, version = @version
        WHERE id = @id AND version = @expected_version
        """;

    /// <summary>Writes a new row.</summary>
    public static void Add(IWriteSession session, License license) => session.Prepared(Insert).Bind(
    [
        license.Id,
        license.Account,
        license.Product,
        license.Test,
        license.Customer.Id,
        license.Customer.MarketplaceCustomerId,
        license.Customer.Name,
        .. ChangingValues(license),
    ]).Enqueue();

    /// <summary>Replaces the row if it still has the version; false when it has not, and then nothing was written.</summary>
    public static async ValueTask<bool> TryReplaceAsync(IWriteSession session, License license, long expectedVersion) =>
        await session.Prepared(Update).Bind([.. ChangingValues(license), license.Id, expectedVersion]).ExecuteAsync() == 1;

    /// <summary>Reads the license whose columns begin at <paramref name="first"/>.</summary>
    public static License Read(Row row, int first = 0) => new()
    {
        Id = row.GetString(first),
        Account = row.GetString(first + 1),
        Product = row.GetString(first + 2),
        Test = row.GetBoolean(first + 3),
        Round = row.GetInt32(first + 4),
        Trial = row.GetBoolean(first + 5),
        Customer = new Customer(row.GetString(first + 6), row.GetString(first + 7), row.GetStringOrNull(first + 8)),
        Quantity = row.GetInt32(first + 9),
        Entitlements = EntitlementsJson.FromText(row.GetStringOrNull(first + 10)),
        IssuedAt = Instants.FromSql(row.GetInt64(first + 11)),
        StartsAt = Instants.FromSql(row.GetInt64(first + 12)),
        ExpiresAt = Instants.FromSql(row.GetInt64OrNull(first + 13)),
        EarlierExpiries = ReadExpiries(row.GetStringOrNull(first + 14)),
        Grace = TimeSpan.FromMilliseconds(row.GetInt64(first + 15)),
        ExpiredByMarketplaceAt = Instants.FromSql(row.GetInt64OrNull(first + 16)),
        HoldMarketplace = ReadHold(row, first + 17),
        HoldAdmin = ReadHold(row, first + 19),
        ReleasedAt = Instants.FromSql(row.GetInt64OrNull(first + 21)),
        ReleasedBy = ReadReleasedBy(row.GetStringOrNull(first + 22)),
        RevokedAt = Instants.FromSql(row.GetInt64OrNull(first + 23)),
        RevokeReason = row.GetStringOrNull(first + 24),
        Generation = row.GetInt32(first + 25),
        CodeIssuedAt = Instants.FromSql(row.GetInt64(first + 26)),
        LastEventAt = Instants.FromSql(row.GetInt64(first + 27)),
        RecordedState = ReadState(row.GetString(first + 28)),
        Version = row.GetInt64(first + 29),
    };

    private static SqlValue[] ChangingValues(License license) =>
    [
        license.Round,
        license.Trial,
        license.Quantity,
        EntitlementsJson.ToText(license.Entitlements),
        Instants.ToSql(license.IssuedAt),
        Instants.ToSql(license.StartsAt),
        Instants.ToSql(license.ExpiresAt),
        WriteExpiries(license.EarlierExpiries),
        (long)license.Grace.TotalMilliseconds,
        Instants.ToSql(license.ExpiredByMarketplaceAt),
        Instants.ToSql(license.HoldMarketplace?.Since),
        license.HoldMarketplace?.Reason,
        Instants.ToSql(license.HoldAdmin?.Since),
        license.HoldAdmin?.Reason,
        Instants.ToSql(license.ReleasedAt),
        license.ReleasedAt is null ? null : license.ReleasedBy.ToWord(),
        Instants.ToSql(license.RevokedAt),
        license.RevokeReason,
        license.Generation,
        Instants.ToSql(license.CodeIssuedAt),
        Instants.ToSql(license.LastEventAt),
        license.RecordedState.ToWord(),
        Instants.ToSql(license.NextDueAt) ?? Instants.Never,
        license.Version,
    ];

    private static Hold? ReadHold(Row row, int column) => row.GetInt64OrNull(column) is { } since
        ? new Hold(Instants.FromSql(since), row.GetString(column + 1))
        : null;

    private static LicenseState ReadState(string word) => word switch
    {
        "Active" => LicenseState.Active,
        "Frozen" => LicenseState.Frozen,
        "Released" => LicenseState.Released,
        "Revoked" => LicenseState.Revoked,
        _ => throw new StorageException($"The store holds a license in the state '{word}', which this program does not know."),
    };

    private static ReleasedBy ReadReleasedBy(string? word) => word switch
    {
        null or "clock" => ReleasedBy.Clock,
        "marketplace" => ReleasedBy.Marketplace,
        "admin" => ReleasedBy.Admin,
        _ => throw new StorageException($"The store holds a license released by '{word}', which this program does not know."),
    };

    private static string? WriteExpiries(ImmutableArray<DateTimeOffset> expiries) => expiries.IsEmpty
        ? null
        : "[" + string.Join(',', expiries.Select(expiry => Instants.ToSql(expiry).ToString(CultureInfo.InvariantCulture))) + "]";

    private static ImmutableArray<DateTimeOffset> ReadExpiries(string? text) => text is null
        ? []
        : [.. text.Trim('[', ']').Split(',').Select(part => Instants.FromSql(long.Parse(part, CultureInfo.InvariantCulture)))];
}
