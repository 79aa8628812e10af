using System.Text;
using System.Xml.Linq;
using LicenseAuthority.Benchmarks.Micro;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>
/// The way that licenses are commonly checked in .NET, to compare with: XML that is read by LINQ and signed as unformatted text, ECDSA on P-256 with SHA-512, by
/// BouncyCastle. With what our sample code says. Like our checks it judges product and end.
/// </summary>
internal static class XmlLicense
{
    private static readonly string Algorithm = X9ObjectIdentifiers.ECDsaWithSha512.Id;

    /// <summary>A signed license, and the key to check it by.</summary>
    public static (string License, string PublicKey) Make(DateTimeOffset expiresAt)
    {
        var generator = GeneratorUtilities.GetKeyPairGenerator("EC");
        generator.Init(new ECKeyGenerationParameters(X9ObjectIdentifiers.Prime256v1, new SecureRandom()));
        AsymmetricCipherKeyPair keys = generator.GenerateKeyPair();
        var xml = new XElement(
            "License",
            new XElement("Id", "lic_01KDVNGM006PSRNCJ8ZK2V8T4E"),
            new XElement("Type", "Standard"),
            new XElement("Product", SampleCodes.Product),
            new XElement("Quantity", 5),
            new XElement("Customer", new XElement("Name", "cus_01KDVNGM006PSRNCJ8ZK2V8T4E")),
            new XElement("LicenseAttributes", Attribute("edition", "pro"), Attribute("seats", "5")),
            new XElement("Expiration", expiresAt));
        var signer = SignerUtilities.GetSigner(Algorithm);
        signer.Init(forSigning: true, keys.Private);
        var signed = Encoding.UTF8.GetBytes(xml.ToString(SaveOptions.DisableFormatting));
        signer.BlockUpdate(signed, 0, signed.Length);
        xml.Add(new XElement("Signature", Convert.ToBase64String(signer.GenerateSignature())));
        var publicKey = SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(keys.Public).GetDerEncoded();
        return (xml.ToString(), Convert.ToBase64String(publicKey));

        static XElement Attribute(string name, string value) => new("Attribute", new XAttribute("name", name), value);
    }

    /// <summary>Whether a license is signed, for this product, and not over. The key is a text, as in the library that most use, and read at each check.</summary>
    public static bool Check(string text, string publicKey)
    {
        var xml = XElement.Parse(text, LoadOptions.None);
        if (xml.Element("Signature") is not { } signature)
        {
            return false;
        }

        signature.Remove();
        var signed = Encoding.UTF8.GetBytes(xml.ToString(SaveOptions.DisableFormatting));
        return IsSigned(signed, Convert.FromBase64String(signature.Value), publicKey)
            && (string?)xml.Element("Product") == SampleCodes.Product
            && (DateTimeOffset)xml.Element("Expiration")! > TimeProvider.System.GetUtcNow();
    }

    /// <summary>The part of it that is BouncyCastle's, for any bytes: true or false takes as long.</summary>
    public static bool IsSigned(byte[] signed, byte[] signature, string publicKey)
    {
        var verifier = SignerUtilities.GetSigner(Algorithm);
        verifier.Init(forSigning: false, PublicKeyFactory.CreateKey(Convert.FromBase64String(publicKey)));
        verifier.BlockUpdate(signed, 0, signed.Length);
        return verifier.VerifySignature(signature);
    }
}
