using System.Xml.Linq;
using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>What the verifier costs: beside the verifications that it needs, and beside the way that is common in .NET.</summary>
internal static class CheckFigures
{
    private const int InARow = 1;

    public static void Measure(GoalTable goals, SampleCodes samples, string code)
    {
        var codes = samples.ResignWithManyKeys(code);
        var forgetful = samples.NewVerifier(cacheCodes: false);
        var turn = 0;
        Action known = () => Expect(forgetful.Check(code).IsValid);
        Action unknown = () => Expect(forgetful.Check(codes[turn++ % codes.Length]).IsValid);
        Action everything = () => Expect(samples.NewVerifier(cacheCodes: true).Check(codes[0]).IsValid);

        var verifyCertificate = BareVerificationOfCertificate(samples, codes[0]);
        var verifyCode = BareVerificationOfCode(codes[0]);
        var (time, floor, ratio) = InTurn.Measure(unknown, () => { verifyCertificate(); verifyCode(); }, InARow);
        goals.AddRatio("first check, beside two bare verifications", time, floor, ratio, ratio <= 1.2, "at most 1.20");
        (time, floor, ratio) = InTurn.Measure(known, verifyCode, InARow);
        goals.AddRatio("first check, certificate known, beside one", time, floor, ratio, ratio <= 1.2, "at most 1.20");

        var (xml, publicKey) = XmlLicense.Make(TimeProvider.System.GetUtcNow().AddYears(1));
        Action common = () => Expect(XmlLicense.Check(xml, publicKey));
        (time, floor, ratio) = InTurn.Measure(common, known, InARow);
        goals.AddRatio("XML and ECDSA, beside a check, certificate known", time, floor, ratio, ratio >= 4, "at least 4");
        (time, floor, ratio) = InTurn.Measure(common, everything, InARow);
        goals.AddRatio("XML and ECDSA, beside the very first check, all made anew", time, floor, ratio, ratio >= 2, "at least 2");
        var signature = Convert.FromBase64String(XElement.Parse(xml).Element("Signature")!.Value);
        (time, floor, ratio) = InTurn.Measure(() => XmlLicense.IsSigned(signature, signature, publicKey), verifyCode, InARow);
        goals.AddRatio("  of that BouncyCastle's part, beside one bare verification", time, floor, ratio, isMet: true, "none: says how far the two above can get");
        var bytes = InTurn.BytesOf(known, 1000);
        goals.AddBytes("a check, certificate known: memory allocated", bytes, bytes <= 8192, "at most 8 kB");
    }

    private static Action BareVerificationOfCertificate(SampleCodes samples, string code)
    {
        if (!RootKey.TryParse(samples.RootLines[0], out var root))
        {
            throw new InvalidOperationException("The sample root cannot be read.");
        }

        var certificate = CertificateOf(code);
        var message = KeyCertificate.ToSignedBytes(certificate.Bytes);
        var signature = certificate.Bytes[KeyCertificate.UnsignedSize..];
        return () => Expect(root!.Verify(message, signature));
    }

    private static Action BareVerificationOfCode(string code)
    {
        var parts = CodeText.Read(code, out _)!;
        var (key, message, signature) = (CertificateOf(code).PublicKey, parts.SignedBytes[..parts.SignedLength], parts.Signature);
        return () => Expect(key.Verify(message, signature));
    }

    private static KeyCertificate CertificateOf(string code)
    {
        var header = CodeHeader.Read(CodeText.Read(code, out _)!, CodeHeader.LicenseCodeType, out _)!;
        return KeyCertificate.TryParse(header.Certificate, out var certificate) ? certificate! : throw new InvalidOperationException("The sample certificate cannot be read.");
    }

    private static void Expect(bool isGood)
    {
        if (!isGood)
        {
            throw new InvalidOperationException("A sample was refused.");
        }
    }
}
