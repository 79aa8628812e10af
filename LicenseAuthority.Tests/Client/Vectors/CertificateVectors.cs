using System.Buffers.Binary;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>Key certificates, and the header around them, on codes that are right otherwise.</summary>
internal static class CertificateVectors
{
    private const LicenseOutcome Valid = LicenseOutcome.Valid;
    private const LicenseOutcome Malformed = LicenseOutcome.Malformed;
    private const LicenseOutcome UntrustedKey = LicenseOutcome.UntrustedKey;

    public static IEnumerable<NamedVector> All()
    {
        yield return NamedVector.Code("certificate-first-second", "iat is not-before.", Valid, TestCodes.Valid().WithWindow(TestCodes.IssuedAt, TestCodes.CertificateNotAfter));
        yield return NamedVector.Code("certificate-last-second", "iat is one second before not-after.", Valid, TestCodes.Valid().WithWindow(TestCodes.CertificateNotBefore, TestCodes.IssuedAt + 1));
        yield return NamedVector.Code("certificate-to-the-end-of-dates", "not-after is as late as it can be.", Valid, TestCodes.Valid().WithWindow(0, KeyCertificate.LatestSecond + 1));
        yield return NamedVector.Code("certificate-usage-codes-only", "The key may sign codes and no lists.", Valid, TestCodes.Valid().WithUsages(KeyUsages.LicenseCodes));
        yield return NamedVector.Code("certificate-highest-serial", "serial and min-serial are as high as they can be.", Valid, TestCodes.Valid().WithSerial(uint.MaxValue, uint.MaxValue));
        yield return NamedVector.Code("certificate-lowest-serial", "serial and min-serial are 0.", Valid, TestCodes.Valid().WithSerial(0));
        yield return NamedVector.Code("certificate-min-serial-remembered", "Its serial is the min-serial that the software remembers.", Valid, TestCodes.Valid(), minimumSerial: TestCodes.CertificateSerial);
        yield return NamedVector.Code(
            "certificate-below-remembered-min-serial", "Its serial is below the min-serial that the software remembers.", UntrustedKey,
            TestCodes.Valid(), minimumSerial: TestCodes.CertificateSerial + 1);
        yield return NamedVector.Code("certificate-changed-serial", "One bit of the serial was changed after the root had signed.", UntrustedKey, Changed(bytes => bytes[5] ^= 1));
        yield return NamedVector.Code("certificate-changed-min-serial", "One bit of min-serial was changed.", UntrustedKey, Changed(bytes => bytes[9] ^= 1));
        yield return NamedVector.Code("certificate-changed-usage", "A usage was added.", UntrustedKey, Changed(bytes => bytes[1] = 3).WithUsages(KeyUsages.LicenseCodes));
        yield return NamedVector.Code(
            "certificate-changed-window", "not-after was moved.", UntrustedKey,
            Changed(bytes => BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(18), (ulong)KeyCertificate.LatestSecond)));
        yield return NamedVector.Code(
            "certificate-changed-key", "The key was replaced by the signer's own.", UntrustedKey,
            Changed(bytes => TestCodes.PublicKey(TestCodes.OtherIssuingSeed).CopyTo(bytes, 26)).SignedBy(TestCodes.OtherIssuingSeed)
                .Certifying(TestCodes.PublicKey(TestCodes.IssuingSeed)).WithHeader("kid", $"\"{TestCodes.KeyId(TestCodes.OtherIssuingSeed)}\""));
        yield return NamedVector.Code("certificate-signature-s-plus-l", "The root signature's S with the group order added.", UntrustedKey, TestCodes.Valid().ChangeCertificate(
            certificate => [.. certificate[..58], .. TestCodes.AddGroupOrder(certificate[58..])]));
        yield return NamedVector.Code("certificate-signed-without-label", "The root signed the 58 bytes without the label.", UntrustedKey, TestCodes.Valid().ChangeCertificate(
            certificate => [.. certificate[..58], .. TestCodes.Sign(TestCodes.RootSeed, certificate[..58])]));
        yield return NamedVector.Code("certificate-by-an-issuing-key", "An issuing key certified itself.", UntrustedKey, TestCodes.Valid().CertifiedBy(TestCodes.IssuingSeed));
        yield return NamedVector.Code("certificate-version-2", "A certificate of a later version.", Malformed, Changed(bytes => bytes[0] = 2, sign: true));
        yield return NamedVector.Code("certificate-no-usage", "No usage at all.", Malformed, Changed(bytes => bytes[1] = 0, sign: true));
        yield return NamedVector.Code("certificate-unknown-usage", "A usage that does not exist.", Malformed, Changed(bytes => bytes[1] = 7, sign: true));
        yield return NamedVector.Code("certificate-empty-window", "not-after is not-before.", Malformed, Changed(bytes => bytes.AsSpan(10, 8).CopyTo(bytes.AsSpan(18)), sign: true));
        yield return NamedVector.Code(
            "certificate-after-the-end-of-dates", "not-after is one second later than it can be.", Malformed,
            Changed(bytes => BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(18), KeyCertificate.LatestSecond + 2UL), sign: true));
        yield return NamedVector.Code(
            "certificate-negative-time", "not-after with its highest bit set: it is a number without a sign.", Malformed, Changed(bytes => bytes[18] = 0x80, sign: true));
        yield return NamedVector.Code("certificate-too-long", "A certificate of 123 bytes.", Malformed, TestCodes.Valid().ChangeCertificate(certificate => [.. certificate, 0]));
        yield return NamedVector.Code("certificate-not-a-point", "The certified key is no point of the curve.", Malformed, WithKey([2, .. new byte[31]]));
        yield return NamedVector.Code(
            "certificate-not-canonical", "The certified key is the second spelling of a point: y + p.", Malformed,
            WithKey([0xF0, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F]));
        yield return NamedVector.Code("certificate-order-of-two", "The certified key is the point of order 2.", Malformed, WithKey([0xEC, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F]));
        yield return NamedVector.Code("certificate-missing", "No cert in the header.", Malformed, TestCodes.Valid().WithHeader("cert", null));
        yield return NamedVector.Code("certificate-no-text", "cert is a number.", Malformed, TestCodes.Valid().WithHeader("cert", "1"));
        yield return NamedVector.Code(
            "certificate-padding", "cert with padding.", Malformed, TestCodes.Valid().WithHeader("cert", $"\"{StrictBase64Url.Encode(TestCodes.Valid().Certificate())}=\""));
        yield return NamedVector.Code("certificate-kid-missing", "No kid in the header.", Malformed, TestCodes.Valid().WithHeader("kid", null));
        yield return NamedVector.Code("certificate-kid-too-long", "kid with one character more.", Malformed, TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId()}x\""));
        yield return NamedVector.Code("certificate-kid-shorter", "kid with one character less.", UntrustedKey, TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId()[..15]}\""));
        yield return NamedVector.Code("certificate-kid-of-the-root", "kid is that of the root.", UntrustedKey, TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId(TestCodes.RootSeed)}\""));
    }

    // Changed after the root had signed it, or before.
    private static TestCodes Changed(Action<byte[]> change, bool sign = false) => TestCodes.Valid().ChangeCertificate(certificate =>
    {
        var changed = (byte[])certificate.Clone();
        change(changed);
        return sign ? [.. changed[..58], .. TestCodes.Sign(TestCodes.RootSeed, KeyCertificate.ToSignedBytes(changed))] : changed;
    });

    private static TestCodes WithKey(byte[] key) => TestCodes.Valid().Certifying(key);
}
