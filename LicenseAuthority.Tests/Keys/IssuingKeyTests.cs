using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Keys;

internal sealed class IssuingKeyTests
{
    [Test]
    public void Create_KeyAndItsCertificate_SignsWhatTheCertificateVerifies()
    {
        using var root = Ed25519PrivateKey.Generate();
        var privateKey = Ed25519PrivateKey.Generate();
        var certificate = KeyCertifier.Certify(root, privateKey.PublicKey, [], KeyFolder.Start);

        using var key = IssuingKey.Create(privateKey, certificate);

        byte[] message = [1, 2, 3];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(certificate.PublicKey.Verify(message, key.Sign(message)), Is.True);
            Assert.That(key.KeyId, Is.EqualTo(KeyThumbprint.Compute(privateKey.PublicKey)));
            Assert.That(StrictBase64Url.TryDecode(key.CertificateText, out var bytes), Is.True);
            Assert.That(bytes, Is.EqualTo(certificate.Bytes.ToArray()));
            Assert.That((key.Serial, key.NotBefore, key.NotAfter), Is.EqualTo((certificate.Serial, certificate.NotBefore, certificate.NotAfter)));
            Assert.That(key.ToString(), Is.EqualTo(typeof(IssuingKey).FullName));
        }
    }

    [Test]
    public void Create_CertificateOfAnotherKey_RefusesAndNamesBoth()
    {
        using var root = Ed25519PrivateKey.Generate();
        using var other = Ed25519PrivateKey.Generate();
        using var privateKey = Ed25519PrivateKey.Generate();
        var certificate = KeyCertifier.Certify(root, other.PublicKey, [], KeyFolder.Start);

        Assert.That(
            () => IssuingKey.Create(privateKey, certificate),
            Throws.TypeOf<KeyException>().With.Message.Contains(certificate.KeyId).And.Message.Contains(KeyThumbprint.Compute(privateKey.PublicKey)));
    }

    [Test]
    public void PassesSelfTest_KeyThatSignsForAnother_IsFalse()
    {
        using var privateKey = Ed25519PrivateKey.Generate();
        using var other = Ed25519PrivateKey.Generate();
        Ed25519PublicKey.TryCreate(privateKey.PublicKey, out var own);
        Ed25519PublicKey.TryCreate(other.PublicKey, out var foreign);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(IssuingKey.PassesSelfTest(privateKey, own!), Is.True);
            Assert.That(IssuingKey.PassesSelfTest(privateKey, foreign!), Is.False);
        }
    }

    [Test]
    public void Dispose_Sign_Refuses()
    {
        using var root = Ed25519PrivateKey.Generate();
        var privateKey = Ed25519PrivateKey.Generate();
        var key = IssuingKey.Create(privateKey, KeyCertifier.Certify(root, privateKey.PublicKey, [], KeyFolder.Start));

        key.Dispose();

        Assert.That(() => key.Sign([1]), Throws.TypeOf<ObjectDisposedException>());
    }
}
