using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// What the database knows of certificates: the second witness beside the keys directory. Licenses in a database were signed by keys; where these are gone,
/// new ones must not quietly take their place, as software in the field would refuse them.
/// </summary>
internal interface ICertificateLedger
{
    /// <summary>The highest serial that ever served this database, or null for a new one.</summary>
    ValueTask<uint?> FindHighestSerialAsync(CancellationToken cancellationToken = default);

    /// <summary>Below this serial all are revoked, as the certificate with the highest serial says; 0 where nothing is.</summary>
    ValueTask<uint> FindMinimumSerialAsync(CancellationToken cancellationToken = default);

    /// <summary>Records the certificates that it does not know yet, durably.</summary>
    Task RecordAsync(IReadOnlyList<KeyCertificate> certificates, CancellationToken cancellationToken = default);
}
