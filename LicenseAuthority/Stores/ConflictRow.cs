using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>A row of conflicts, as Dapper reads it.</summary>
internal sealed class ConflictRow
{
    /// <summary>The columns that this reads.</summary>
    public const string Columns =
        """
        id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity, resolution, resolved_by, resolved_at,
        remark, account, test, marketplace_product_id, marketplace_customer_id, customer_name, missing_license_id,
        formalise, instance_id
        """;

    private const string Insert =
        """
        INSERT INTO conflicts (id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity, missing_license_id, formalise)
        VALUES (@id, @license_id, @kind, @at, @actor, @activity, @order_id, @order_line_id, @reason, @expire, @expires_at, @quantity, @missing_license_id, @formalise)
        ON CONFLICT (missing_license_id) WHERE missing_license_id IS NOT NULL DO NOTHING
        """;

    private const string SelectOne = $"SELECT {Columns} FROM conflicts WHERE id = @id";

    private const string SelectOpen = "SELECT EXISTS (SELECT 1 FROM conflicts WHERE id = @id AND resolution IS NULL)";

    private const string UpdateResolution =
        """
        UPDATE conflicts SET resolution = @resolution, resolved_by = @resolved_by, resolved_at = @resolved_at, remark = @remark,
            resolved_expires_at = (SELECT l.expires_at FROM licenses l WHERE l.id = conflicts.license_id)
        WHERE id = @id AND resolution IS NULL
        """;

    // By its order, of which there are few entries; whoever asks has another order than all entries, nearly always.
    private static readonly string SelectUnserved =
        $"""
        SELECT id, coalesce(resolution, '{ConflictStatus.Open.ToWord()}') AS status
        FROM conflicts
        WHERE order_id = @orderId AND kind = '{ConflictKind.Unserved.ToWord()}' AND coalesce(order_line_id, '') = @orderLineId
            AND (license_id = @licenseId OR (license_id IS NULL AND instance_id = @licenseId))
            AND coalesce(expires_at, @expiresAt) = @expiresAt AND coalesce(quantity, -1) = @quantity
        ORDER BY CASE resolution WHEN '{ConflictStatus.Applied.ToWord()}' THEN 0 ELSE 1 END, CASE WHEN resolution IS NULL THEN 0 ELSE 1 END, id DESC
        LIMIT 1
        """;

    private static readonly string SelectLateEnd =
        $"""
        SELECT coalesce(resolution, '{ConflictStatus.Open.ToWord()}') AS status, resolved_expires_at
        FROM conflicts
        WHERE license_id = @licenseId AND expire = @expire
        ORDER BY CASE WHEN resolution IS NULL THEN 0 ELSE 1 END, id DESC
        LIMIT 1
        """;

    public string Id { get; init; } = "";

    public string? LicenseId { get; init; }

    public string Kind { get; init; } = "";

    public DateTimeOffset At { get; init; }

    public string Actor { get; init; } = "";

    public string Activity { get; init; } = "";

    public string? OrderId { get; init; }

    public string? OrderLineId { get; init; }

    public string Reason { get; init; } = "";

    public bool Expire { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public int? Quantity { get; init; }

    public string? Resolution { get; init; }

    public string? ResolvedBy { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    public string? Remark { get; init; }

    public string? Account { get; init; }

    public bool? Test { get; init; }

    public string? MarketplaceProductId { get; init; }

    public string? MarketplaceCustomerId { get; init; }

    public string? CustomerName { get; init; }

    public string? MissingLicenseId { get; init; }

    public bool Formalise { get; init; }

    public string? InstanceId { get; init; }

    public static void Add(IWriteSession session, OpenConflict conflict) => session.Prepared(Insert).Bind(
        conflict.Id, conflict.LicenseId, conflict.Kind.ToWord(), Instants.ToSql(conflict.At), conflict.Source.Actor, conflict.Source.Activity,
        conflict.Source.OrderId, conflict.Source.OrderLineId, conflict.Reason, conflict.Proposal.Expire,
        Instants.ToSql(conflict.Proposal.ExpiresAt), conflict.Proposal.Quantity, conflict.MissingLicenseId, conflict.Proposal.Formalise).Enqueue();

    public static async ValueTask<bool> IsOpenAsync(IReadSession session, string conflictId) =>
        await session.Connection.ExecuteScalarAsync<bool>(SelectOpen, new { id = conflictId });

    public static void Resolve(IWriteSession session, ConflictResolution resolution) => Prepare(session, resolution).Enqueue();

    /// <summary>Resolves a conflict without a license, whose version would decide who is first; false when it is not open.</summary>
    public static async ValueTask<bool> TryResolveAsync(IWriteSession session, ConflictResolution resolution) =>
        await Prepare(session, resolution).ExecuteAsync() == 1

        // A COMMIT of which nobody knows may have been this one.
        || (session.MayBeStoredAlready
            && await FindAsync(session, resolution.ConflictId) is { } found
            && found == found.After(resolution));

    public static async ValueTask<ConflictRecord?> FindAsync(IReadSession session, string conflictId) =>
        (await session.Connection.QuerySingleOrDefaultAsync<ConflictRow>(SelectOne, new { id = conflictId }))?.ToRecord();

    /// <inheritdoc cref="ILicenseStore.FindUnservedAsync"/>
    public static async ValueTask<UnservedEntry?> FindUnservedAsync(IReadSession session, string licenseId, CallSource source, ConflictProposal proposal) =>
        await session.Connection.QuerySingleOrDefaultAsync<UnservedRow>(
            SelectUnserved,
            new
            {
                licenseId,
                orderId = source.OrderId,
                orderLineId = source.OrderLineId ?? "",
                expiresAt = Instants.ToSql(proposal.ExpiresAt) ?? -1,
                quantity = proposal.Quantity ?? -1,
            }) is { } found
            ? new UnservedEntry(found.Id, LicenseWords.ConflictStatuses.FromSql("conflicts.resolution", found.Status))
            : null;

    public static async ValueTask<LateEnd?> FindLateEndAsync(IReadSession session, string licenseId) =>
        await session.Connection.QuerySingleOrDefaultAsync<LateEndRow>(SelectLateEnd, new { licenseId, expire = true }) is { } found
            ? new LateEnd(LicenseWords.ConflictStatuses.FromSql("conflicts.resolution", found.Status), found.ResolvedExpiresAt)
            : null;

    // What stands for a marketplace code is no line that anybody has called with.
    private string? ShownLine => OrderLineId is { } line && MarketplaceCode.ShownLine(line) is { Length: > 0 } shown ? shown : null;

    public ConflictRecord ToRecord() => new(
        new OpenConflict(
            Id,
            LicenseId,
            LicenseWords.ConflictKinds.FromSql("conflicts.kind", Kind),
            At,
            new CallSource(Actor, Activity, OrderId, ShownLine),
            Reason,
            new ConflictProposal(Expire, ExpiresAt, Quantity) { Formalise = Formalise })
        {
            InstanceId = InstanceId ?? LicenseId,
            Order = Account is null
                ? null
                : new OrderFacts(
                    new OrderKey(Account, Test == true, OrderId!, OrderLineId ?? "", MarketplaceProductId!), MarketplaceCustomerId, CustomerName),
            MissingLicenseId = MissingLicenseId,
        },
        Resolution is null ? ConflictStatus.Open : LicenseWords.ConflictStatuses.FromSql("conflicts.resolution", Resolution),
        ResolvedBy,
        ResolvedAt,
        Remark);

    private static IStatement Prepare(IWriteSession session, ConflictResolution resolution) => session.Prepared(UpdateResolution)
        .Bind(resolution.Status.ToWord(), resolution.Actor, Instants.ToSql(resolution.At), resolution.Remark, resolution.ConflictId);

    private sealed class UnservedRow
    {
        public string Id { get; init; } = "";

        public string Status { get; init; } = "";
    }

    private sealed class LateEndRow
    {
        public string Status { get; init; } = "";

        public DateTimeOffset? ResolvedExpiresAt { get; init; }
    }
}
