using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// What the database knows of certificates: the second witness beside the keys directory. Licenses in a database were signed by keys; where these are gone,
/// new ones must not quietly take their place, as software in the field would refuse them.
/// </summary>
internal interface ICertificateLedger
{
    /// <summary>The highest serial that ever served this database, or null for a new one; and that of those whose window has begun by now.</summary>
    ValueTask<ServedSerials> FindHighestSerialsAsync(CancellationToken cancellationToken = default);

    /// <summary>Below this serial all are revoked, as any certificate says that ever served this database; it never goes back. 0 where nothing is.</summary>
    ValueTask<uint> FindMinimumSerialAsync(CancellationToken cancellationToken = default);

    /// <summary>Records the certificates that it does not know yet, durably.</summary>
    Task RecordAsync(IReadOnlyList<KeyCertificate> certificates, CancellationToken cancellationToken = default);
}

/// <summary>The certificates that served a database.</summary>
/// <param name="Highest">The highest serial; null = none did.</param>
/// <param name="HighestBegun">
/// The highest of those whose time has come: what each node must have. One above it signed by a clock that was ahead, and binds nobody before its time.
/// </param>
internal readonly record struct ServedSerials(uint? Highest, uint? HighestBegun);
