using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows of conflicts.</summary>
internal static class ConflictRow
{
    /// <summary>The columns that <see cref="Read"/> expects.</summary>
    public const string Columns =
        """
        id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity, resolution, resolved_by, resolved_at,
        remark, account, test, marketplace_product_id, marketplace_customer_id, customer_name
        """;

    private const string Insert =
        """
        INSERT INTO conflicts (id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity)
        VALUES (@id, @license_id, @kind, @at, @actor, @activity, @order_id, @order_line_id, @reason, @expire, @expires_at, @quantity)
        """;

    private const string SelectOne = $"SELECT {Columns} FROM conflicts WHERE id = @id";

    private const string SelectOpen = "SELECT TRUE FROM conflicts WHERE id = @id AND resolution IS NULL";

    private const string UpdateResolution =
        "UPDATE conflicts SET resolution = @resolution, resolved_by = @resolved_by, resolved_at = @resolved_at, remark = @remark WHERE id = @id AND resolution IS NULL";

    public static void Add(IWriteSession session, OpenConflict conflict) => session.Prepared(Insert).Bind(
        conflict.Id, conflict.LicenseId, conflict.Kind.ToWord(), Instants.ToSql(conflict.At), conflict.Source.Actor, conflict.Source.Activity,
        conflict.Source.OrderId, conflict.Source.OrderLineId, conflict.Reason, conflict.Proposal.Expire,
        Instants.ToSql(conflict.Proposal.ExpiresAt), conflict.Proposal.Quantity).Enqueue();

    public static ValueTask<bool> IsOpenAsync(IReadSession session, string conflictId) => session.Prepared(SelectOpen)
        .Bind(conflictId)
        .QuerySingleOrDefaultAsync(static row => row.GetBoolean(0));

    public static void Resolve(IWriteSession session, ConflictResolution resolution) => Resolution(session, resolution).Enqueue();

    /// <summary>Resolves a conflict without a license, whose version would decide who is first; false when it is not open.</summary>
    public static async ValueTask<bool> TryResolveAsync(IWriteSession session, ConflictResolution resolution) =>
        await Resolution(session, resolution).ExecuteAsync() == 1

        // A COMMIT of which nobody knows may have been this one.
        || (session.MayBeStoredAlready
            && await FindAsync(session, resolution.ConflictId) is { } found
            && found == found.After(resolution));

    public static ValueTask<ConflictRecord?> FindAsync(IReadSession session, string conflictId) =>
        session.Prepared(SelectOne).Bind(conflictId).QuerySingleOrDefaultAsync(Read);

    private static IStatement Resolution(IWriteSession session, ConflictResolution resolution) => session.Prepared(UpdateResolution)
        .Bind(resolution.Status.ToWord(), resolution.Actor, Instants.ToSql(resolution.At), resolution.Remark, resolution.ConflictId);

    public static ConflictRecord Read(Row row) => new(
        new OpenConflict(
            row.GetString(0),
            row.GetStringOrNull(1),
            LicenseWords.ConflictKinds.Read(row.GetString(2), "conflicts.kind"),
            Instants.FromSql(row.GetInt64(3)),
            new CallSource(row.GetString(4), row.GetString(5), row.GetStringOrNull(6), row.GetStringOrNull(7) is { Length: > 0 } line ? line : null),
            row.GetString(8),
            new ConflictProposal(row.GetBoolean(9), Instants.FromSql(row.GetInt64OrNull(10)), (int?)row.GetInt64OrNull(11)))
        {
            Order = row.GetStringOrNull(16) is { } account
                ? new OrderFacts(
                    new OrderKey(account, row.GetBoolean(17), row.GetString(6), row.GetString(7), row.GetString(18)),
                    row.GetStringOrNull(19),
                    row.GetStringOrNull(20))
                : null,
        },
        row.GetStringOrNull(12) is { } resolution ? LicenseWords.ConflictStatuses.Read(resolution, "conflicts.resolution") : ConflictStatus.Open,
        row.GetStringOrNull(13),
        Instants.FromSql(row.GetInt64OrNull(14)),
        row.GetStringOrNull(15));
}
