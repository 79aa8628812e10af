using System.Reflection;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Keys;

internal sealed class Ed25519PrivateKeyTests
{
    // RFC 8032, section 7.1: secret key, public key, message, signature.
    private static readonly string[][] Rfc8032Vectors =
    [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ];

    [TestCaseSource(nameof(Rfc8032Vectors))]
    public void Sign_Rfc8032Vector_GivesItsSignature(string seed, string publicKey, string message, string signature)
    {
        var pem = EncryptedPrivateKeyPem.Write(Convert.FromHexString(seed), KeyFolder.Passphrase);
        using var key = Ed25519PrivateKey.FromEncryptedPem(pem, KeyFolder.Passphrase, "vector")!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Convert.ToHexStringLower(key.PublicKey), Is.EqualTo(publicKey));
            Assert.That(Convert.ToHexStringLower(key.Sign(Convert.FromHexString(message))), Is.EqualTo(signature));
        }
    }

    [Test]
    public void Generate_Twice_GivesTwoKeysWhoseSignaturesVerify()
    {
        using var one = Ed25519PrivateKey.Generate();
        using var other = Ed25519PrivateKey.Generate();
        byte[] message = [1, 2, 3];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(one.PublicKey.SequenceEqual(other.PublicKey), Is.False);
            Assert.That(Ed25519PublicKey.TryCreate(one.PublicKey, out var publicKey), Is.True);
            Assert.That(publicKey!.Verify(message, one.Sign(message)), Is.True);
            Assert.That(publicKey.Verify(message, other.Sign(message)), Is.False);
        }
    }

    [Test]
    public void Dispose_ZeroesTheSeedAndRefusesUse()
    {
        var key = Ed25519PrivateKey.Generate();
        var seed = SeedOf(key);
        Assert.That(seed, Has.Some.Not.Zero);

        key.Dispose();
        key.Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seed, Has.All.Zero);
            Assert.That(() => key.Sign([1]), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => key.ToEncryptedPem(KeyFolder.Passphrase), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(seed, Has.All.Zero, "a refused use leaves the seed as it is");
        }
    }

    [Test]
    public void Dispose_WhileOthersSign_EverySignatureGivenIsGood()
    {
        byte[] message = [1, 2, 3];
        for (var round = 0; round < 50; round++)
        {
            var key = Ed25519PrivateKey.Generate();
            var good = key.Sign(message);
            using var started = new CountdownEvent(2);
            var signers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    started.Signal();
                    for (var i = 0; ; i++)
                    {
                        try
                        {
                            if (!key.Sign(message).AsSpan().SequenceEqual(good))
                            {
                                return false;
                            }
                        }
                        catch (ObjectDisposedException)
                        {
                            return true;
                        }
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)).ToArray();
            Assert.That(started.Wait(Patience.Length), Is.True);

            key.Dispose();

            Assert.That(signers.Select(signer => signer.GetAwaiter().GetResult()), Has.All.True);
            Assert.That(SeedOf(key), Has.All.Zero, "the last one out zeroes it");
        }
    }

    [Test]
    public void ToString_AndEveryPublicMember_ShowNoSeed()
    {
        using var key = Ed25519PrivateKey.Generate();
        var seed = SeedOf(key);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(key.ToString(), Is.EqualTo(typeof(Ed25519PrivateKey).FullName));
            Assert.That(
                typeof(Ed25519PrivateKey).GetProperties(BindingFlags.Instance | BindingFlags.Public).Select(property => property.Name),
                Is.EqualTo([nameof(Ed25519PrivateKey.PublicKey)]));
            Assert.That(key.PublicKey.SequenceEqual(seed), Is.False);
        }
    }

    private static byte[] SeedOf(Ed25519PrivateKey key) =>
        (byte[])typeof(Ed25519PrivateKey).GetField("_seed", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(key)!;
}
