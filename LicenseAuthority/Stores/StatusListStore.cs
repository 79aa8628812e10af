using System.Security.Cryptography;
using Dapper;
using LicenseAuthority.Codes;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The status lists in the database.</summary>
internal sealed class StatusListStore(IDatabase database, PublicUrl publicUrl, TimeProvider time) : IStatusListStore
{
    /// <summary>Two nodes that find the same list full open the next one only once.</summary>
    internal const string OpeningLock = "status-lists";

    private const string SelectLists = "SELECT list, drawn, permutation_key FROM status_lists ORDER BY list";
    private const string SelectHeads = "SELECT list, uri, seq FROM status_list_uris ORDER BY list, uri";

    private const string SelectToken =
        "SELECT seq, token, issued_at, expires_at, key_serial FROM status_list_uris WHERE list = @list AND uri = @uri AND token IS NOT NULL";

    private const string InsertList =
        "INSERT INTO status_lists (list, permutation_key, drawn, created_at) VALUES (@list, @key, @drawn, @now) ON CONFLICT DO NOTHING";

    private const string InsertUri = "INSERT INTO status_list_uris (list, uri, seq) VALUES (@list, @uri, 0) ON CONFLICT DO NOTHING";

    private const string UpdateToken =
        """
        UPDATE status_list_uris
        SET seq = @seq, token = @token, issued_at = @issued_at, expires_at = @expires_at, key_serial = @key_serial
        WHERE list = @list AND uri = @uri AND seq = @expected_seq
        """;

    private const string SelectSequence = "SELECT seq FROM status_list_uris WHERE list = @list AND uri = @uri";

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StatusListRecord>> ListAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        static session => session.Prepared(SelectLists).Bind().QueryAsync(static row => new StatusListRecord(row.GetInt64(0), row.GetInt32(1), row.GetBytes(2))),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StatusListHead>> ListHeadsAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        static session => session.Prepared(SelectHeads).Bind().QueryAsync(static row => new StatusListHead(row.GetInt64(0), row.GetString(1), row.GetInt64(2))),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StatusListToken?> FindTokenAsync(long list, string uri, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Prepared(SelectToken).Bind(list, uri).QuerySingleOrDefaultAsync(row => new StatusListToken(
            list, uri, row.GetInt64(0), row.GetString(1), Instants.FromSql(row.GetInt64(2)), Instants.FromSql(row.GetInt64(3)), row.GetInt64(4))),
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryPublishAsync(StatusListToken token, long expectedSequence, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            session.Lock(LockOf(token.List));
            return await UpdateAsync(session, token, expectedSequence)

                // Only this node can have written what it signed itself, if it wrote it before and nobody knew.
                || (session.MayBeStoredAlready && await IsStoredAsync(session, token));
        },
        WritePriority.Upkeep,
        cancellationToken);

    /// <inheritdoc/>
    public Task OpenAsync(long list, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        return database.WriteAsync(
            async session =>
            {
                session.Lock(OpeningLock);
                await OpenAsync(session, list, key, drawn: 0);
                return true;
            },
            WritePriority.Upkeep,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task AddUrisAsync(IReadOnlyCollection<StatusListHead> heads, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            foreach (var head in heads)
            {
                await session.Connection.ExecuteAsync(InsertUri, new { list = head.List, uri = head.Uri });
            }

            return true;
        },
        WritePriority.Upkeep,
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TakeBackAsync(StatusListToken token, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        return database.WriteAsync(
            async session =>
            {
                session.Lock(OpeningLock);
                session.Lock(LockOf(token.List));

                // The key by which its entries were spread may be lost: nothing more is drawn from it.
                await session.Connection.ExecuteAsync(InsertList, new { list = token.List, key, drawn = StatusIndexPermutation.Size, now = time.GetUtcNow() });
                await session.Connection.ExecuteAsync(InsertUri, new { list = token.List, uri = token.Uri });
                var sequence = await session.Connection.ExecuteScalarAsync<long>(SelectSequence, new { list = token.List, uri = token.Uri });
                return sequence < token.Sequence && await UpdateAsync(session, token, sequence);
            },
            WritePriority.Upkeep,
            cancellationToken);
    }

    /// <summary>Opens a list under the URI that codes will name from now on, inside a write that holds <see cref="OpeningLock"/>.</summary>
    internal async ValueTask OpenAsync(IWriteSession session, long list, byte[] key, int drawn)
    {
        await session.Connection.ExecuteAsync(InsertList, new { list, key, drawn, now = time.GetUtcNow() });
        await session.Connection.ExecuteAsync(InsertUri, new { list, uri = publicUrl.StatusListUri(list) });
    }

    private static string LockOf(long list) => FormattableString.Invariant($"status-list {list}");

    private static async ValueTask<bool> UpdateAsync(IWriteSession session, StatusListToken token, long expectedSequence) => await session.Prepared(UpdateToken)
        .Bind(
            token.Sequence, token.Text, Instants.ToSql(token.IssuedAt), Instants.ToSql(token.ExpiresAt), token.KeySerial, token.List, token.Uri, expectedSequence)
        .ExecuteAsync() == 1;

    private static async ValueTask<bool> IsStoredAsync(IReadSession session, StatusListToken token) => await session.Prepared(SelectToken)
        .Bind(token.List, token.Uri)
        .QuerySingleOrDefaultAsync(row => row.GetString(1) == token.Text);
}
