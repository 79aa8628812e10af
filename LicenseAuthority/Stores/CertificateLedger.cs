using Dapper;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The certificates that have served this database; the public part of the keys, never the private one.</summary>
internal sealed class CertificateLedger(IDatabase database, TimeProvider time) : ICertificateLedger
{
    private const string SelectHighest = "SELECT max(serial), max(CASE WHEN not_before <= @now THEN serial END) FROM signing_keys";

    private const string SelectCertificates = "SELECT certificate FROM signing_keys";

    private const string Insert =
        """
        INSERT INTO signing_keys (serial, key_id, certificate, not_before, not_after, recorded_at)
        VALUES (@Serial, @KeyId, @Certificate, @NotBefore, @NotAfter, @now)
        ON CONFLICT DO NOTHING
        """;

    /// <inheritdoc/>
    public async ValueTask<ServedSerials> FindHighestSerialsAsync(CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var (highest, begun) = await database.ReadAsync(
            async session => await session.Connection.QuerySingleAsync<(long? Highest, long? Begun)>(SelectHighest, new { now }), cancellationToken);
        return new ServedSerials((uint?)highest, (uint?)begun);
    }

    /// <inheritdoc/>
    public async ValueTask<uint> FindMinimumSerialAsync(CancellationToken cancellationToken = default)
    {
        // A handful in all the years. Not the newest alone: one that was made where the revocation was not known says less than those before it.
        var certificates = await database.ReadAsync(static async session => await session.Connection.QueryAsync<byte[]>(SelectCertificates), cancellationToken);
        return certificates
            .Select(static bytes => KeyCertificate.TryParse(bytes, out var certificate) ? certificate!.MinimumSerial : 0)
            .DefaultIfEmpty()
            .Max();
    }

    /// <inheritdoc/>
    public Task RecordAsync(IReadOnlyList<KeyCertificate> certificates, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var rows = certificates
            .Select(certificate => new
            {
                Serial = (long)certificate.Serial,
                certificate.KeyId,
                Certificate = certificate.Bytes.ToArray(),
                NotBefore = certificate.NotBefore * 1000,
                NotAfter = certificate.NotAfter * 1000,
                now,
            })
            .ToArray();
        return database.WriteAsync(
            async session => await session.Connection.ExecuteAsync(Insert, rows), WritePriority.Normal, cancellationToken);
    }
}
