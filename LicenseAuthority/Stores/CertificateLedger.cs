using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The certificates that have served this database; the public part of the keys, never the private one.</summary>
internal sealed class CertificateLedger(IDatabase database, TimeProvider time) : ICertificateLedger
{
    private const string SelectHighest = "SELECT max(serial) FROM signing_keys";

    private const string Insert =
        """
        INSERT INTO signing_keys (serial, key_id, certificate, not_before, not_after, recorded_at)
        VALUES (@serial, @key_id, @certificate, @not_before, @not_after, @recorded_at)
        ON CONFLICT DO NOTHING
        """;

    /// <inheritdoc/>
    public async ValueTask<uint?> FindHighestSerialAsync(CancellationToken cancellationToken = default) => (uint?)await database.ReadAsync(
        static session => session.Prepared(SelectHighest).Bind().QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0)), cancellationToken);

    /// <inheritdoc/>
    public Task RecordAsync(IReadOnlyList<KeyCertificate> certificates, CancellationToken cancellationToken = default)
    {
        var now = Instants.ToSql(time.GetUtcNow());
        var rows = certificates
            .Select(certificate => (SqlValue[])
                [certificate.Serial, certificate.KeyId, certificate.Bytes.ToArray(), certificate.NotBefore * 1000, certificate.NotAfter * 1000, now])
            .ToArray();
        return database.WriteAsync(session => session.ExecuteEachAsync(Insert, rows), WritePriority.Normal, cancellationToken);
    }
}
