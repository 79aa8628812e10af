using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>A row of conflicts, as Dapper reads it.</summary>
internal sealed class ConflictRow
{
    /// <summary>The columns that this reads.</summary>
    public const string Columns =
        """
        id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity, resolution, resolved_by, resolved_at
        """;

    private const string Insert =
        """
        INSERT INTO conflicts (id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity)
        VALUES (@id, @license_id, @kind, @at, @actor, @activity, @order_id, @order_line_id, @reason, @expire, @expires_at, @quantity)
        """;

    private const string SelectOne = $"SELECT {Columns} FROM conflicts WHERE id = @id";

    private const string SelectOpen = "SELECT EXISTS (SELECT 1 FROM conflicts WHERE id = @id AND resolution IS NULL)";

    private const string UpdateResolution =
        "UPDATE conflicts SET resolution = @resolution, resolved_by = @resolved_by, resolved_at = @resolved_at WHERE id = @id";

    public string Id { get; init; } = "";

    public string LicenseId { get; init; } = "";

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

    public static void Add(IWriteSession session, OpenConflict conflict) => session.Prepared(Insert).Bind(
        conflict.Id, conflict.LicenseId, conflict.Kind.ToWord(), Instants.ToSql(conflict.At), conflict.Source.Actor, conflict.Source.Activity,
        conflict.Source.OrderId, conflict.Source.OrderLineId, conflict.Reason, conflict.Proposal.Expire,
        Instants.ToSql(conflict.Proposal.ExpiresAt), conflict.Proposal.Quantity).Enqueue();

    public static async ValueTask<bool> IsOpenAsync(IReadSession session, string conflictId) =>
        await session.Connection.ExecuteScalarAsync<bool>(SelectOpen, new { id = conflictId });

    public static void Resolve(IWriteSession session, ConflictResolution resolution) => session.Prepared(UpdateResolution)
        .Bind(resolution.Status.ToWord(), resolution.Actor, Instants.ToSql(resolution.At), resolution.ConflictId)
        .Enqueue();

    public static async ValueTask<ConflictRecord?> FindAsync(IReadSession session, string conflictId) =>
        (await session.Connection.QuerySingleOrDefaultAsync<ConflictRow>(SelectOne, new { id = conflictId }))?.ToRecord();

    public ConflictRecord ToRecord() => new(
        new OpenConflict(
            Id,
            LicenseId,
            LicenseWords.ConflictKinds.FromSql("conflicts.kind", Kind),
            At,
            new CallSource(Actor, Activity, OrderId, OrderLineId),
            Reason,
            new ConflictProposal(Expire, ExpiresAt, Quantity)),
        Resolution is null ? ConflictStatus.Open : LicenseWords.ConflictStatuses.FromSql("conflicts.resolution", Resolution),
        ResolvedBy,
        ResolvedAt);
}
