using System.Xml.Linq;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>What the verifier costs: beside the verifications that it needs, and beside the way that is common in .NET.</summary>
internal static class CheckFigures
{
    private const int InARow = 1;

    public static void Measure(ClientFigures figures, SampleCodes samples, string code)
    {
        var codes = samples.ResignWithManyKeys(code);
        var forgetful = samples.NewVerifier(cacheCodes: false);
        var turn = 0;
        Action known = () => Expect(forgetful.Check(code).IsValid);
        Action unknown = () => Expect(forgetful.Check(codes[turn++ % codes.Length]).IsValid);
        Action everything = () => Expect(samples.NewVerifier(cacheCodes: true).Check(codes[0]).IsValid);

        var verifyCertificate = BareVerificationOfCertificate(samples, codes[0]);
        var verifyCode = BareVerificationOfCode(codes[0]);
        figures.AddRatio(
            "Check, a code and a certificate for the first time", "two bare verifications",
            figures.InTurn.Measure(unknown, () => { verifyCertificate(); verifyCode(); }, InARow), Goal.RatioAtMost(1.2));
        figures.AddRatio(
            "Check, a code for the first time, certificate known", "one bare verification", figures.InTurn.Measure(known, verifyCode, InARow), Goal.RatioAtMost(1.2));

        var (xml, publicKey) = XmlLicense.Make(TimeProvider.System.GetUtcNow().AddYears(1));
        Action common = () => Expect(XmlLicense.Check(xml, publicKey));
        figures.AddRatio("XML and ECDSA P-256", "Check, certificate known", figures.InTurn.Measure(common, known, InARow), Goal.RatioAtLeast(4));
        figures.AddRatio("XML and ECDSA P-256", "the very first Check, all made anew", figures.InTurn.Measure(common, everything, InARow), Goal.RatioAtLeast(2));
        var signature = Convert.FromBase64String(XElement.Parse(xml).Element("Signature")!.Value);
        figures.AddRatio(
            "of XML and ECDSA: BouncyCastle's part", "one bare verification",
            figures.InTurn.Measure(() => XmlLicense.IsSigned(signature, signature, publicKey), verifyCode, InARow),
            goal: null, "how far the two above can get");
        var remembering = samples.NewVerifier(cacheCodes: true);
        Action again = () => Expect(remembering.Check(code).IsValid);
        again();
        figures.AddTime("Check, again", figures.InTurn.Measure(again, verifyCode, inARow: 100, usualRounds: 300).Microseconds, Goal.AtMost(2));
        figures.AddBytes("Check, again: memory allocated", InTurn.BytesOf(again, 100_000), 0);
        figures.AddBytes("Check, certificate known: memory allocated", InTurn.BytesOf(known, 1000), 8192);
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
