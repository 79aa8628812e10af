using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Signatures;

/// <summary>
/// Which issuing keys are to be believed: those with a certificate by one of the root keys and a serial that is not below the highest
/// min-serial ever seen. Thread-safe; the minimum only rises.
/// </summary>
internal sealed class TrustedKeys
{
    private readonly Ed25519PublicKey[] _roots;

    // An authority has a handful of certificates, over all its years.
    private readonly BoundedCache<KeyCertificate> _certificates = new(sets: 16);

    // Holds a uint; a long because netstandard2.0 can exchange that atomically.
    private long _minimumSerial;

    public TrustedKeys(Ed25519PublicKey[] roots, uint minimumSerial)
    {
        _roots = roots;
        _minimumSerial = minimumSerial;
    }

    /// <summary>The highest min-serial seen in any certificate that a root signed, or given at construction.</summary>
    public uint MinimumSerial => (uint)Volatile.Read(ref _minimumSerial);

    /// <summary>
    /// Reads a certificate and believes it, or not: first the root's signature, then its key, its news about the minimum, and its own serial.
    /// Null, with the fault, if the key is not to be believed.
    /// </summary>
    public KeyCertificate? Trust(string text, out CodeFault? fault)
    {
        var certificate = _certificates.Find(text);
        if (certificate is null)
        {
            if (!KeyCertificate.TryParse(text, out certificate))
            {
                fault = CodeFault.In(CodeFaultReason.InvalidCertificate, CodePart.Header, "cert");
                return null;
            }

            if (!IsSignedByRoot(certificate!))
            {
                fault = CodeFault.Untrusted(CodeFaultReason.UnknownRoot, certificate!);
                return null;
            }

            if (!certificate!.HasUsableKey())
            {
                fault = CodeFault.In(CodeFaultReason.InvalidCertificate, CodePart.Header, "cert");
                return null;
            }

            // In this order: whoever finds the certificate in the cache must also see its news.
            RaiseMinimum(certificate!.MinimumSerial);
            _certificates.Add(text, certificate);
        }

        fault = null;
        if (IsRevoked(certificate!.Serial))
        {
            fault = CodeFault.Untrusted(CodeFaultReason.RevokedKey, certificate, MinimumSerial);
            return null;
        }

        return certificate;
    }

    /// <summary>True if a key that was believed before is not to be believed any more.</summary>
    public bool IsRevoked(uint serial) => serial < MinimumSerial;

    /// <summary>Believes that keys with a lower serial are revoked.</summary>
    public void RaiseMinimum(uint serial)
    {
        var seen = Volatile.Read(ref _minimumSerial);
        while (serial > seen)
        {
            var before = Interlocked.CompareExchange(ref _minimumSerial, serial, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private bool IsSignedByRoot(KeyCertificate certificate)
    {
        foreach (var root in _roots)
        {
            if (certificate.IsSignedBy(root))
            {
                return true;
            }
        }

        return false;
    }
}
