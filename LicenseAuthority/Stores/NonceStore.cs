using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The table of nonces that came with an effect. Thread-safe.</summary>
internal sealed class NonceStore(IDatabase database) : INonceStore
{
    // So small that nobody notices who waits for the writer.
    private const int DeletedAtOnce = 200;

    // Rows come in the order of time, so the oldest have the lowest numbers; an index on the time would cost each call more than it saves here.
    internal const string DeleteOld =
        """
        DELETE FROM nonces
        WHERE id IN (SELECT id FROM nonces ORDER BY id LIMIT @most) AND (at < @from OR at > @until)
        """;

    /// <inheritdoc/>
    public ValueTask<EarlierAnswer?> FindAsync(CallNonce nonce, CancellationToken cancellationToken) =>
        database.ReadAsync(session => NonceRows.FindAsync(session, nonce), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> DeleteOldAsync(DateTimeOffset now, TimeSpan within, CancellationToken cancellationToken) => await database.WriteAsync(
        async session => await session.Connection.ExecuteAsync(DeleteOld, new { most = DeletedAtOnce, from = now - within, until = now + within }),
        WritePriority.Low,
        cancellationToken) == DeletedAtOnce;
}
