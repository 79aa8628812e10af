using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>The rule by which a certificate is in use: of those whose time it is, the highest serial.</summary>
internal static class KeyStates
{
    private const KeyUsages RequiredUsages = KeyUsages.LicenseCodes | KeyUsages.StatusLists;

    /// <summary>Certificates with a lower serial are revoked.</summary>
    public static uint MinimumSerial(IEnumerable<KeyCertificate> certificates) =>
        certificates.Select(static certificate => certificate.MinimumSerial).DefaultIfEmpty().Max();

    /// <summary>The states of all certificates of an authority at a time (Unix seconds), the highest serial first.</summary>
    public static IReadOnlyList<(KeyCertificate Certificate, KeyState State)> Of(IReadOnlyCollection<KeyCertificate> certificates, long now)
    {
        var minimum = MinimumSerial(certificates);
        var ordered = certificates.OrderByDescending(static certificate => certificate.Serial).ToList();
        var inUse = ordered.Find(certificate => MaySign(certificate) && certificate.Covers(now));
        return ordered.ConvertAll(certificate => (certificate, StateOf(certificate)));

        KeyState StateOf(KeyCertificate certificate) =>
            certificate.Serial < minimum ? KeyState.Revoked
            : certificate == inUse ? KeyState.InUse
            : MaySign(certificate) && certificate.NotBefore > now && certificate.Serial > (inUse?.Serial ?? 0) ? KeyState.Next
            : KeyState.Retired;

        bool MaySign(KeyCertificate certificate) => certificate.Serial >= minimum && (certificate.Usages & RequiredUsages) == RequiredUsages;
    }
}
