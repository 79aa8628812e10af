using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Marketplace codes in the database. Thread-safe.</summary>
internal sealed class MarketplaceCodeStore(IDatabase database) : IMarketplaceCodeStore
{
    // A claim lasts seconds.
    private static readonly TimeSpan Horizon = TimeSpan.FromMinutes(2);

    private const string SelectReleased = $"SELECT EXISTS (SELECT 1 FROM kept_calls WHERE code_sha256 = @code AND kind = '{KeptCallRows.Release}' AND test = @test)";

    private const string SelectBegun = "SELECT account FROM code_activations WHERE code_sha256 = @code ORDER BY since";

    private const string IsOfCode = "code_sha256 = @code AND account = @account";

    private const string SelectActivation =
        $"""
        SELECT claimed_until, order_id, marketplace_product_id, quantity, expires_at, end_known_by, marketplace_customer_id, customer_name
        FROM code_activations WHERE {IsOfCode}
        """;

    private const string InsertActivation =
        "INSERT INTO code_activations (account, code_sha256, since, claimed_until) VALUES (@account, @code, @now, @until)";

    private const string UpdateClaimed = $"UPDATE code_activations SET claimed_until = @until WHERE {IsOfCode}";

    private const string UpdateBought =
        $"""
        UPDATE code_activations SET claimed_until = CASE WHEN @claimStays THEN claimed_until END, order_id = @orderId, marketplace_product_id = @product,
            quantity = @quantity, expires_at = @expiresAt, end_known_by = @endKnownBy, marketplace_customer_id = @customer, customer_name = @customerName
        WHERE {IsOfCode}
        """;

    private const string UpdateUnclaimed = $"UPDATE code_activations SET claimed_until = NULL WHERE {IsOfCode}";

    // The words of the states that a license lives in.
    private static readonly string Lives = $"l.state IN ('{LicenseState.Active.ToWord()}', '{LicenseState.Frozen.ToWord()}')";

    private const string SelectCode = "SELECT EXISTS (SELECT 1 FROM marketplace_codes WHERE license_id = @licenseId)";

    private const string SelectToAsk =
        """
        SELECT m.license_id, l.account, m.code, m.end_known_by, m.their_status, m.their_expires_at, m.guessed
        FROM marketplace_codes m JOIN licenses l ON l.id = m.license_id
        WHERE m.license_id IN @ids
        """;

    // Asked at an instant that lies ahead: by a clock that was.
    private static readonly string SelectDueToAsk =
        $"""
        SELECT m.license_id FROM marketplace_codes m JOIN licenses l ON l.id = m.license_id
        WHERE l.account IN @accounts AND (m.asked_at IS NULL OR m.asked_at <= @notAskedSince OR m.asked_at > @horizon)
            AND (m.drift_since IS NOT NULL OR ({Lives} AND (m.used_at > @usedSince OR (l.expires_at > @now AND l.expires_at <= @soon))))
        ORDER BY m.license_id
        LIMIT @most
        """;

    private const string UpdateAsked = "UPDATE marketplace_codes SET asked_at = @now WHERE license_id IN @ids";

    private const string UpdateTheirs =
        """
        UPDATE marketplace_codes SET their_status = @status, their_expires_at = @expiresAt, drift_since = @since WHERE license_id = @licenseId
        """;

    private const string SelectEndKnownBy = "SELECT end_known_by FROM marketplace_codes WHERE license_id = @licenseId";

    private const string SelectDriftSince = "SELECT drift_since FROM marketplace_codes WHERE license_id = @licenseId";

    private static readonly string SelectDrift =
        $"""
        SELECT {LicenseRow.Columns}, m.their_status, m.their_expires_at, m.drift_since
        FROM marketplace_codes m JOIN licenses l ON l.id = m.license_id
        WHERE m.drift_since IS NOT NULL AND m.license_id < @before
        ORDER BY m.license_id DESC
        LIMIT @limit
        """;

    // A code is asked about for a day after its last use, and in the last days of its term.
    private static readonly TimeSpan UsedWithin = TimeSpan.FromHours(24);
    private static readonly TimeSpan ExpiresWithin = TimeSpan.FromDays(2);

    internal const string DeleteActivation = $"DELETE FROM code_activations WHERE {IsOfCode}";

    /// <inheritdoc/>
    public ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken) =>
        database.ReadAsync(session => HandleRows.FindLicenseIdAsync(session, account, code.Sha256), cancellationToken);

    /// <inheritdoc/>
    public Task<KeepOutcome> KeepAsync(
        string account, bool test, MarketplaceCode code, KeptCall call, AnsweredNonce? nonce, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (nonce is not null && !await NonceRows.IsFreeAsync(session, nonce.Nonce))
            {
                return await NonceRows.IsStoredAsync(session, nonce) ? KeepOutcome.Kept : KeepOutcome.NonceUsedUp;
            }

            session.Lock(HandleRows.Lock(account, code.Sha256));
            if (await HandleRows.FindLicenseIdAsync(session, account, code.Sha256) is not null)
            {
                return KeepOutcome.HasLicense;
            }

            var outcome = KeptCallRules.Judge(await KeptCallRows.ListAsync(session, account, test, code.Sha256), call, test);
            if (outcome == KeepOutcome.Kept)
            {
                await KeptCallRows.AddAsync(session, account, test, code.Sha256, call);
                if (nonce is not null)
                {
                    NonceRows.Add(session, nonce);
                }
            }

            return outcome;
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CodeHere> FindAsync(MarketplaceCode code, CancellationToken cancellationToken) => database.ReadSnapshotAsync(
        async session => await HandleRows.FindLicenseIdAsync(session, code.Sha256) is { } licenseId
            ? new CodeHere(licenseId, IsReleased: false)
            : new CodeHere(null, await session.Connection.ExecuteScalarAsync<bool>(SelectReleased, new { code = code.Sha256, test = false })),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ListBegunAsync(MarketplaceCode code, CancellationToken cancellationToken) => await database.ReadAsync(
        async session => (await session.Connection.QueryAsync<string>(SelectBegun, new { code = code.Sha256 })).AsList(), cancellationToken);

    /// <inheritdoc/>
    public Task<ClaimedActivation?> ClaimAsync(
        string account, MarketplaceCode code, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Lock(HandleRows.Lock(account, code.Sha256));
            var asked = new { account, code = code.Sha256, now, until };
            if (await session.Connection.QuerySingleOrDefaultAsync<ActivationRow>(SelectActivation, asked) is not { } row)
            {
                await session.Connection.ExecuteAsync(InsertActivation, asked);
                return new ClaimedActivation(IsNew: true, null);
            }

            if (row.ClaimedUntil > now && row.ClaimedUntil <= now + Horizon && !(session.MayBeStoredAlready && row.ClaimedUntil == until))
            {
                return null;
            }

            await session.Connection.ExecuteAsync(UpdateClaimed, asked);
            return new ClaimedActivation(IsNew: false, row.ToBought());
        },
        WritePriority.Normal,
        cancellationToken);

    /// <inheritdoc/>
    public Task ForgetAsync(string account, MarketplaceCode code, CancellationToken cancellationToken) =>
        WriteAsync(DeleteActivation, new { account, code = code.Sha256 }, cancellationToken);

    /// <inheritdoc/>
    public Task LeaveAsync(string account, MarketplaceCode code, BoughtWithCode? bought, CancellationToken cancellationToken) => bought is null
        ? WriteAsync(UpdateUnclaimed, new { account, code = code.Sha256 }, cancellationToken)
        : WriteBoughtAsync(account, code, bought, claimStays: false, cancellationToken);

    /// <inheritdoc/>
    public Task KeepBoughtAsync(string account, MarketplaceCode code, BoughtWithCode bought, CancellationToken cancellationToken) =>
        WriteBoughtAsync(account, code, bought, claimStays: true, cancellationToken);

    /// <inheritdoc/>
    public async Task<CodeToAsk?> BeginUseAsync(string licenseId, CodeUse use, long day, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Most licenses have no code, and nobody need wait for the writer.
        if (!await database.ReadAsync(async session => await session.Connection.ExecuteScalarAsync<bool>(SelectCode, new { licenseId }), cancellationToken))
        {
            return null;
        }

        var column = use == CodeUse.Activation ? "activated_on" : "refreshed_on";
        var update = $"UPDATE marketplace_codes SET {column} = @day, used_at = @now, asked_at = @now WHERE license_id = @licenseId AND ({column} IS NULL OR {column} <> @day)";
        return await database.WriteAsync(
            async session => await session.Connection.ExecuteAsync(update, new { licenseId, day, now }) == 1
                ? (await ListToAskAsync(session, [licenseId])).SingleOrDefault()
                : null,
            WritePriority.Low,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CodeToAsk>> ClaimToAskAsync(
        int most, IReadOnlyCollection<string> accounts, DateTimeOffset now, DateTimeOffset notAskedSince, CancellationToken cancellationToken)
    {
        var asked = new { most, accounts, now, notAskedSince, horizon = now + Horizon, usedSince = now - UsedWithin, soon = now + ExpiresWithin };
        return accounts.Count == 0
            || (await database.ReadAsync(async session => (await session.Connection.QueryAsync<string>(SelectDueToAsk, asked)).AsList(), cancellationToken)).Count == 0
                ? []
                : await database.WriteAsync<IReadOnlyList<CodeToAsk>>(
                    async session =>
                    {
                        session.Lock("marketplace codes to ask");
                        var ids = (await session.Connection.QueryAsync<string>(SelectDueToAsk, asked)).AsList();
                        if (ids.Count == 0)
                        {
                            return [];
                        }

                        await session.Connection.ExecuteAsync(UpdateAsked, new { now, ids });
                        return await ListToAskAsync(session, ids);
                    },
                    WritePriority.Low,
                    cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<EndKnownBy?> FindEndKnownByAsync(string licenseId, CancellationToken cancellationToken) => database.ReadAsync<EndKnownBy?>(
        async session => await session.Connection.ExecuteScalarAsync<string?>(SelectEndKnownBy, new { licenseId }) is { } word
            ? HandleRows.EndWords.FromSql("marketplace_codes.end_known_by", word)
            : null,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> KeepTheirsAsync(string licenseId, TheirCode theirs, bool differs, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var since = await session.Connection.ExecuteScalarAsync<long?>(SelectDriftSince, new { licenseId });
            await session.Connection.ExecuteAsync(UpdateTheirs, new
            {
                licenseId,
                status = HandleRows.StatusWords.WordOf(theirs.Status),
                expiresAt = theirs.ExpiresAt,
                since = differs ? since ?? Instants.ToSql(now) : (long?)null,
            });
            return differs && since is null;
        },
        WritePriority.Low,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CodeDrift>> ListDriftAsync(string? beforeId, int limit, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.Prepared(SelectDrift)
            .Bind(beforeId ?? "~", limit)
            .QueryAsync(static row => new CodeDrift(
                StoredLicense.Read(row),
                new TheirCode(
                    HandleRows.StatusWords.FromSql("marketplace_codes.their_status", row.GetString(LicenseRow.Width)), Instants.FromSql(row.GetInt64OrNull(LicenseRow.Width + 1))),
                Instants.FromSql(row.GetInt64(LicenseRow.Width + 2)))),
        cancellationToken);

    private static async ValueTask<List<CodeToAsk>> ListToAskAsync(IReadSession session, IReadOnlyList<string> ids) =>
        [.. (await session.Connection.QueryAsync<ToAskRow>(SelectToAsk, new { ids })).Select(static row => row.ToAsk())];

    private Task<int> WriteBoughtAsync(string account, MarketplaceCode code, BoughtWithCode bought, bool claimStays, CancellationToken cancellationToken) =>
        WriteAsync(
            UpdateBought,
            new
            {
                account,
                claimStays,
                code = code.Sha256,
                orderId = bought.OrderId,
                product = bought.MarketplaceProductId,
                quantity = bought.Quantity,
                expiresAt = bought.ExpiresAt,
                endKnownBy = HandleRows.EndWords.WordOf(bought.EndKnownBy),
                customer = bought.MarketplaceCustomerId,
                customerName = bought.CustomerName,
            },
            cancellationToken);

    private Task<int> WriteAsync(string sql, object parameters, CancellationToken cancellationToken) =>
        database.WriteAsync(async session => await session.Connection.ExecuteAsync(sql, parameters), WritePriority.Normal, cancellationToken);

    private sealed class ToAskRow
    {
        public string LicenseId { get; init; } = "";

        public string Account { get; init; } = "";

        public string Code { get; init; } = "";

        public string EndKnownBy { get; init; } = "";

        public string? TheirStatus { get; init; }

        public DateTimeOffset? TheirExpiresAt { get; init; }

        public bool Guessed { get; init; }

        public CodeToAsk ToAsk() => new(
            LicenseId, Account, MarketplaceCode.Read(Code)!, HandleRows.EndWords.FromSql("marketplace_codes.end_known_by", EndKnownBy),
            TheirStatus is null ? null : new TheirCode(HandleRows.StatusWords.FromSql("marketplace_codes.their_status", TheirStatus), TheirExpiresAt), Guessed);
    }

    private sealed class ActivationRow
    {
        public DateTimeOffset? ClaimedUntil { get; init; }

        public string? OrderId { get; init; }

        public string? MarketplaceProductId { get; init; }

        public int? Quantity { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public string? EndKnownBy { get; init; }

        public string? MarketplaceCustomerId { get; init; }

        public string? CustomerName { get; init; }

        public BoughtWithCode? ToBought() => OrderId is null
            ? null
            : new BoughtWithCode(
                OrderId, MarketplaceProductId!, Quantity!.Value, ExpiresAt, HandleRows.EndWords.FromSql("code_activations.end_known_by", EndKnownBy!),
                MarketplaceCustomerId, CustomerName);
    }
}
