using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// The keys of a running service: a <see cref="KeyRing"/> that a newer one may take the place of at any time, as a whole. Whoever needs more than one thing
/// of it takes <see cref="Ring"/> once. Thread-safe; changed by <see cref="KeyWatcher"/> alone.
/// </summary>
/// <param name="ring">The keys as they are at the start.</param>
/// <param name="minimumElsewhere">Certificates below this serial are revoked, by what the database knows; 0 = none.</param>
internal sealed class LiveKeys(KeyRing ring, uint minimumElsewhere = 0) : IDisposable
{
    private volatile State _state = new(ring, MissingSerial: null, minimumElsewhere);
    private volatile bool _hasDirectoryFault;

    /// <summary>The keys as they are now.</summary>
    public KeyRing Ring => _state.Ring;

    /// <summary>
    /// True when the certificate in use does not tell software of a revocation that the database knows: it was made where that was not known, such as on a copy of
    /// the keys directory from before. What it signs is good; a thief's older code goes on working for whoever has seen no other.
    /// </summary>
    public bool ForgetsRevocation => _state is var state && state.Ring.Current.Certificate.MinimumSerial < state.MinimumElsewhere;

    /// <summary>The serial that the database knows and this node has no usable key for; null when it signs with the newest.</summary>
    public uint? MissingSerial => _state.MissingSerial;

    /// <summary>Certificates below this serial are revoked, by what lies here or by what another node has told the database; 0 = none ever was.</summary>
    public uint MinimumSerial
    {
        get
        {
            var state = _state;
            return Math.Max(state.Ring.MinimumSerial, state.MinimumElsewhere);
        }
    }

    /// <summary>Every certificate of this node that nothing revokes, the highest serial first.</summary>
    public IReadOnlyList<KeyCertificate> Certificates
    {
        get
        {
            var state = _state;
            return [.. state.Ring.Certificates.Where(certificate => certificate.Serial >= state.MinimumElsewhere)];
        }
    }

    /// <summary>
    /// The key to sign with, or null while a newer one is missing here: the others sign with that, and this one may be revoked. Take it once per signature:
    /// header and signature must come from the same one. It may be disposed when it comes to signing; then a newer one is here.
    /// </summary>
    public IssuingKey? SigningKey => _state is { MissingSerial: null } state ? state.Ring.Current : null;

    /// <summary>True while the keys directory holds something that cannot be used.</summary>
    public bool HasDirectoryFault
    {
        get => _hasDirectoryFault;
        set => _hasDirectoryFault = value;
    }

    /// <summary>From now on these; the private key of those before is disposed when the last signature with it is done.</summary>
    public void Replace(KeyRing newer, uint? missingSerial, uint minimumElsewhere)
    {
        var before = _state.Ring;
        _state = new State(newer, missingSerial, minimumElsewhere);
        if (before != newer)
        {
            before.Dispose();
        }
    }

    public void Dispose() => _state.Ring.Dispose();

    private sealed record State(KeyRing Ring, uint? MissingSerial, uint MinimumElsewhere);
}
