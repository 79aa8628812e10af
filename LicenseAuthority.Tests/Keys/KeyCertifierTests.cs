using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Keys;

internal sealed class KeyCertifierTests
{
    private static readonly DateTimeOffset Now = KeyFolder.Start;

    private Ed25519PrivateKey _root = null!;

    [SetUp]
    public void MakeRoot() => _root = Ed25519PrivateKey.Generate();

    [TearDown]
    public void DisposeRoot() => _root.Dispose();

    [Test]
    public void Certify_FirstKey_GivesAVerifiableCertificateForFiveYears()
    {
        using var key = Ed25519PrivateKey.Generate();

        var certificate = KeyCertifier.Certify(_root, key.PublicKey, [], Now);

        Ed25519PublicKey.TryCreate(_root.PublicKey, out var root);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(certificate.IsSignedBy(root!), Is.True);
            Assert.That(certificate.PublicKeyBytes.SequenceEqual(key.PublicKey), Is.True);
            Assert.That(certificate.Usages, Is.EqualTo(KeyUsages.LicenseCodes | KeyUsages.StatusLists));
            Assert.That(certificate.Serial, Is.EqualTo(Now.ToUnixTimeSeconds()));
            Assert.That(certificate.MinimumSerial, Is.Zero);
            Assert.That(certificate.NotBefore, Is.EqualTo(Now.AddDays(-1).ToUnixTimeSeconds()));
            Assert.That(certificate.NotAfter, Is.EqualTo(Now.AddYears(5).ToUnixTimeSeconds()));
        }
    }

    [Test]
    public void Certify_InTheSameSecondOrAfterTheClockWentBack_SerialStillRises()
    {
        var first = Certify([], Now);
        var second = Certify([first], Now);
        var third = Certify([second, first], Now.AddYears(-1));
        var fourth = Certify([first, third, second], Now.AddDays(1));

        Assert.That(
            new[] { second.Serial, third.Serial, fourth.Serial },
            Is.EqualTo(new[] { first.Serial + 1, first.Serial + 2, first.Serial + 86400 }));
    }

    [Test]
    public void Certify_SerialsOfAnotherRoot_AreCountedToo()
    {
        using var otherRoot = Ed25519PrivateKey.Generate();
        using var key = Ed25519PrivateKey.Generate();
        var other = KeyCertifier.Certify(otherRoot, key.PublicKey, [], Now.AddDays(10));

        Assert.That(Certify([other], Now).Serial, Is.EqualTo(other.Serial + 1));
    }

    [Test]
    public void NextSerial_AfterTheHighest_Refuses()
    {
        var last = Certify([], DateTimeOffset.FromUnixTimeSeconds(uint.MaxValue));

        Assert.That(last.Serial, Is.EqualTo(uint.MaxValue));
        Assert.That(() => KeyCertifier.NextSerial([last.Serial], Now), Throws.TypeOf<KeyException>());
    }

    [Test]
    public void Certify_SameKeyAgain_Refuses()
    {
        using var key = Ed25519PrivateKey.Generate();
        using var otherRoot = Ed25519PrivateKey.Generate();
        var first = KeyCertifier.Certify(_root, key.PublicKey, [], Now);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => KeyCertifier.Certify(_root, key.PublicKey, [first], Now.AddYears(4)),
                Throws.TypeOf<KeyException>().With.Message.Contains("never certified twice"));
            Assert.That(() => KeyCertifier.Certify(otherRoot, key.PublicKey, [first], Now), Throws.TypeOf<KeyException>(), "by another root neither");
        }
    }

    [Test]
    public void Certify_RootKeyItself_Refuses()
    {
        Assert.That(() => KeyCertifier.Certify(_root, _root.PublicKey, [], Now), Throws.TypeOf<KeyException>());
    }

    [Test]
    public void Certify_MinimumSerial_IsKeptAndNeverGoesBack()
    {
        var first = Certify([], Now);
        var second = Certify([first], Now, minimumSerial: first.Serial + 1);
        var third = Certify([first, second], Now);
        var fourth = Certify([first, second, third], Now, minimumSerial: 1);

        Assert.That(new[] { second.MinimumSerial, third.MinimumSerial, fourth.MinimumSerial }, Is.All.EqualTo(second.Serial));
    }

    [Test]
    public void Certify_MinimumSerialAboveItsOwn_Refuses()
    {
        Assert.That(() => Certify([], Now, minimumSerial: uint.MaxValue), Throws.TypeOf<KeyException>());
    }

    [Test]
    public void Certify_PastTheLastYear_EndsWithIt()
    {
        using var key = Ed25519PrivateKey.Generate();

        Assert.That(KeyCertifier.Certify(_root, key.PublicKey, [], Now, years: 9000).NotAfter, Is.EqualTo(KeyCertificate.LatestSecond + 1));
    }

    private KeyCertificate Certify(KeyCertificate[] existing, DateTimeOffset now, uint? minimumSerial = null)
    {
        using var key = Ed25519PrivateKey.Generate();
        return KeyCertifier.Certify(_root, key.PublicKey, existing, now, minimumSerial: minimumSerial);
    }
}
