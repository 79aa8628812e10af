using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows of calls that wait for the license of their code.</summary>
internal static class KeptCallRows
{
    private const string IsOfCode = "code_sha256 = @code AND account = @account AND test = @test";

    internal const string Select =
        $"""
        SELECT id AS number, kind, at, activity, order_id, order_line_id, call_key, purpose, scene, marketplace_product_id, expires_at, reason
        FROM kept_calls WHERE {IsOfCode} ORDER BY id
        """;

    private const string SelectLast = $"SELECT coalesce(max(id), 0) FROM kept_calls WHERE {IsOfCode}";

    private const string Delete = $"DELETE FROM kept_calls WHERE {IsOfCode}";

    private const string Insert =
        """
        INSERT INTO kept_calls (account, test, code_sha256, kind, at, activity, order_id, order_line_id, call_key, purpose, scene, marketplace_product_id, expires_at,
            reason)
        VALUES (@account, @test, @code, @kind, @at, @activity, @orderId, @orderLineId, @key, @purpose, @scene, @product, @expiresAt, @reason)
        """;

    private static readonly Words<KeptCallKind> Kinds = new(
        (KeptCallKind.Term, "term"), (KeptCallKind.Hold, "hold"), (KeptCallKind.Resume, "resume"), (KeptCallKind.Release, "release"));

    private static readonly Words<TermPurpose> Purposes = new(
        (TermPurpose.Unstated, "unstated"), (TermPurpose.Renewal, "renewal"), (TermPurpose.Change, "change"), (TermPurpose.Refund, "refund"),
        (TermPurpose.TrialToFormal, "trial-to-formal"));

    /// <summary>Those of a code, in their order.</summary>
    public static async ValueTask<IReadOnlyList<KeptCall>> ListAsync(IReadSession session, string account, bool test, byte[] code) =>
        [.. (await session.Connection.QueryAsync<KeptCallRow>(Select, new { code, account, test })).Select(static row => row.ToCall())];

    /// <summary>The number of the last one of a code; 0 = there is none.</summary>
    public static async ValueTask<long> FindLastAsync(IReadSession session, string account, bool test, byte[] code) =>
        await session.Connection.ExecuteScalarAsync<long>(SelectLast, new { code, account, test });

    /// <summary>Writes one.</summary>
    public static async ValueTask AddAsync(IWriteSession session, string account, bool test, byte[] code, KeptCall call) =>
        await session.Connection.ExecuteAsync(Insert, new
        {
            account,
            test,
            code,
            kind = Kinds.WordOf(call.Kind),
            at = call.At,
            activity = call.Source.Activity,
            orderId = call.Source.OrderId,
            orderLineId = call.Source.OrderLineId,
            key = call.Key,
            purpose = call.Purpose is { } purpose ? Purposes.WordOf(purpose) : null,
            scene = call.Order?.Scene,
            product = call.Order?.MarketplaceProductId,
            expiresAt = call.ExpiresAt,
            reason = call.Reason,
        });

    /// <summary>They are done with the license.</summary>
    public static void Remove(IWriteSession session, License license, byte[] code) =>
        session.Prepared(Delete).Bind(code, license.Account, license.Test).Enqueue();

    private sealed class KeptCallRow
    {
        public long Number { get; init; }

        public string Kind { get; init; } = "";

        public DateTimeOffset At { get; init; }

        public string Activity { get; init; } = "";

        public string? OrderId { get; init; }

        public string? OrderLineId { get; init; }

        public byte[]? CallKey { get; init; }

        public string? Purpose { get; init; }

        public string? Scene { get; init; }

        public string? MarketplaceProductId { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public string? Reason { get; init; }

        public KeptCall ToCall() => new(Kinds.FromSql("kept_calls.kind", Kind), new CallSource(CallSource.Marketplace, Activity, OrderId, OrderLineId), At)
        {
            Number = Number,
            Purpose = Purpose is null ? null : Purposes.FromSql("kept_calls.purpose", Purpose),
            ExpiresAt = ExpiresAt,
            Order = Scene is null ? null : new TermOrder(Scene, MarketplaceProductId),
            Reason = Reason,
            Key = CallKey,
        };
    }
}
