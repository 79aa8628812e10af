using System.Numerics;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Signatures;

public sealed class Ed25519PublicKeyTests
{
    // RFC 8032 section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc).
    [TestCase(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [TestCase(
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [TestCase(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    [TestCase(
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704")]
    public void Verify_VectorOfRfc8032_HoldsAndEachChangedBitFails(string publicKey, string message, string signature)
    {
        var key = Key(publicKey);
        var signed = Convert.FromHexString(message);
        var bytes = Convert.FromHexString(signature);

        Assert.That(key.Verify(signed, bytes), Is.True);
        for (var bit = 0; bit < bytes.Length * 8; bit += 7)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(key.Verify(signed, changed), Is.False, $"bit {bit}");
        }

        Assert.That(key.Verify([.. signed, 0], bytes), Is.False);
    }

    // The eight points whose order divides 8, and second spellings of two of them.
    [TestCase("0100000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000080")]
    [TestCase("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [TestCase("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")]
    [TestCase("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [TestCase("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000080")]
    [TestCase("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [TestCase("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void TryCreate_PointOfSmallOrder_IsRefused(string publicKey)
    {
        Assert.That(Ed25519PublicKey.TryCreate(Convert.FromHexString(publicKey), out _), Is.False);
        Assert.That(Ed25519PublicKey.TryCreateCertified(Convert.FromHexString(publicKey), out _), Is.False);
    }

    [Test]
    public void TryCreateCertified_ACertifiedKey_VerifiesTheSame()
    {
        Assert.That(Ed25519PublicKey.TryCreateCertified(TestCodes.PublicKey(TestCodes.IssuingSeed), out var key), Is.True);
        Assert.That(key!.Verify([1, 2, 3], TestCodes.Sign(TestCodes.IssuingSeed, [1, 2, 3])), Is.True);
        Assert.That(key.Verify([1, 2, 4], TestCodes.Sign(TestCodes.IssuingSeed, [1, 2, 3])), Is.False);
    }

    [Test]
    public void TryCreate_GoodKeyPlusThePointOfOrderTwo_IsRefused()
    {
        // (x, y) + (0, -1) = (-x, -y): on the curve, of large order, and outside the subgroup that signatures are made in.
        var key = TestCodes.PublicKey(TestCodes.IssuingSeed);
        var sign = key[31] & 0x80;
        key[31] &= 0x7F;
        var prime = BigInteger.Pow(2, 255) - 19;
        var moved = new byte[32];
        (prime - new BigInteger(key, isUnsigned: true)).TryWriteBytes(moved, out _, isUnsigned: true);
        moved[31] |= (byte)(sign ^ 0x80);

        Assert.That(Ed25519PublicKey.TryCreate(moved, out _), Is.False);
    }

    [TestCase(31)]
    [TestCase(33)]
    [TestCase(0)]
    public void TryCreate_OtherSize_IsRefused(int size)
    {
        Assert.That(Ed25519PublicKey.TryCreate(new byte[size], out _), Is.False);
        Assert.That(Ed25519PublicKey.TryCreateCertified(new byte[size], out _), Is.False);
    }

    [Test]
    public void Verify_GroupOrderAddedToS_IsRefused()
    {
        var signature = TestCodes.Sign(TestCodes.IssuingSeed, [1, 2, 3]);
        var respelled = TestCodes.AddGroupOrder(signature);
        var key = Key(Convert.ToHexString(TestCodes.PublicKey(TestCodes.IssuingSeed)));

        Assert.That(key.Verify([1, 2, 3], signature), Is.True);
        Assert.That(respelled, Is.Not.EqualTo(signature));
        Assert.That(key.Verify([1, 2, 3], respelled), Is.False);
    }

    [TestCase(63)]
    [TestCase(65)]
    [TestCase(0)]
    public void Verify_SignatureOfOtherSize_IsRefused(int size) =>
        Assert.That(Key(Convert.ToHexString(TestCodes.PublicKey(TestCodes.IssuingSeed))).Verify([], new byte[size]), Is.False);

    private static Ed25519PublicKey Key(string hex)
    {
        Assert.That(Ed25519PublicKey.TryCreate(Convert.FromHexString(hex), out var key), Is.True);
        return key!;
    }
}
