using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// The rule by which a certificate is in use: of those whose time it is, the highest serial. While the clock is in doubt one that was made in advance waits,
/// as long as another can sign: by a clock that is ahead its time has come too, and a serial that was used is used for every node.
/// </summary>
internal static class KeyStates
{
    private const KeyUsages RequiredUsages = KeyUsages.LicenseCodes | KeyUsages.StatusLists;

    /// <summary>Certificates with a lower serial are revoked.</summary>
    public static uint MinimumSerial(IEnumerable<KeyCertificate> certificates) =>
        certificates.Select(static certificate => certificate.MinimumSerial).DefaultIfEmpty().Max();

    /// <summary>The states of all certificates of an authority, the highest serial first.</summary>
    /// <param name="certificates">All of them.</param>
    /// <param name="now">The time, in Unix seconds.</param>
    /// <param name="heldAbove">
    /// While the clock is in doubt, the highest serial that served the database, 0 = none did: above it, what was made in advance waits. Null: the time is good.
    /// </param>
    public static IReadOnlyList<(KeyCertificate Certificate, KeyState State)> Of(
        IReadOnlyCollection<KeyCertificate> certificates, long now, uint? heldAbove = null)
    {
        var minimum = MinimumSerial(certificates);
        var ordered = certificates.OrderByDescending(static certificate => certificate.Serial).ToList();
        var inUse = ordered.Find(certificate => MaySign(certificate) && certificate.Covers(now) && !Waits(certificate))
            ?? ordered.Find(certificate => MaySign(certificate) && certificate.Covers(now));
        return ordered.ConvertAll(certificate => (certificate, StateOf(certificate)));

        KeyState StateOf(KeyCertificate certificate) =>
            certificate.Serial < minimum ? KeyState.Revoked
            : certificate == inUse ? KeyState.InUse
            : MaySign(certificate) && (certificate.NotBefore > now || Waits(certificate)) && certificate.Serial > (inUse?.Serial ?? 0) ? KeyState.Next
            : KeyState.Retired;

        bool Waits(KeyCertificate certificate) => certificate.Serial > heldAbove && IsMadeInAdvance(certificate);

        bool MaySign(KeyCertificate certificate) => certificate.Serial >= minimum && (certificate.Usages & RequiredUsages) == RequiredUsages;
    }

    // A serial is the second in which the certificate was made, or a later one; the window of one that signs at once begins a day before.
    private static bool IsMadeInAdvance(KeyCertificate certificate) => certificate.NotBefore > certificate.Serial - (long)KeyCertifier.ClockSkew.TotalSeconds;
}
