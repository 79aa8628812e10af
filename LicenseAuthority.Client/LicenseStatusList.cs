using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client;

/// <summary>
/// A genuine status list: what the authority says of the codes that name it, after they were made. Comes from <see cref="LicenseVerifier.CheckStatusList"/> only.
/// Immutable and thread-safe.
/// </summary>
public sealed class LicenseStatusList
{
    // Entries of two bits, the first one in the lowest bits of the first byte.
    private readonly byte[] _entries;

    internal LicenseStatusList(KeyCertificate certificate, byte[] entries)
    {
        Certificate = certificate;
        _entries = entries;
    }

    /// <summary>Claim <c>sub</c>: the URI of this list. It is about the codes whose <see cref="LicenseCode.StatusListUri"/> is the same, compared ordinally.</summary>
    public string Uri { get; internal init; } = "";

    /// <summary>Claim <c>iat</c>: when it was made. UTC.</summary>
    public DateTimeOffset IssuedAt { get; internal init; }

    /// <summary>Claim <c>exp</c>: from then on it allows nothing any more; what it denies stays denied until a newer list says otherwise. UTC.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    /// <summary>Claim <c>ttl</c>: for how long it should be kept before it is fetched again; null: not said.</summary>
    public TimeSpan? TimeToLive { get; internal init; }

    /// <summary>Claim <c>seq</c>: of two lists of one URI, the one with the higher number is the newer one.</summary>
    public long Sequence { get; internal init; }

    /// <summary>How many entries it has.</summary>
    public int Count => _entries.Length * 4;

    /// <summary>Of the key that signed.</summary>
    internal KeyCertificate Certificate { get; }

    /// <summary>The entries, as they are packed.</summary>
    internal byte[] Entries => _entries;

    /// <summary>The status of the code with this <see cref="LicenseCode.StatusListIndex"/>; null: the list has no such entry, and says nothing of the code.</summary>
    /// <param name="index">The index, any number.</param>
    /// <returns>The status, or null.</returns>
    public LicenseStatus? GetStatus(int index)
    {
        if (index < 0 || index >= Count)
        {
            return null;
        }

        return ((Entries[index >> 2] >> ((index & 3) * 2)) & 3) switch
        {
            0 => LicenseStatus.Valid,
            1 => LicenseStatus.Invalid,
            _ => LicenseStatus.Suspended,
        };
    }
}
