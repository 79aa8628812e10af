using System.Security.Cryptography;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Keys;

internal sealed class EncryptedPrivateKeyPemTests
{
    private const string File = "issuing-1.pem";

    // openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000, of OpenSSL 3.0 (a salt of 8 bytes).
    private const string MadeByOpenSsl = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGcMFgGCSqGSIb3DQEFDTBLMCoGCSqGSIb3DQEFDDAdBAgQmQrEShUFxgIDCSfA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBBPvWm8eCqSY/ruK3tqEIYvBECP
        zVLBeWxZbZMgSAY7fBEmzv/GnmoxeOOXTeDT3L18iAysX+kGIql8l6WjSqHak8rz
        rMoSO5QuxVFh9dIZRvBq
        -----END ENCRYPTED PRIVATE KEY-----
        """;

    private const string PublicKeyMadeByOpenSsl = "6lxwT7VvERttrVRAUdcGof11P355RUX6sZbK941a4QQ";

    // The same with -iter 10000001: one round more than is read, and five seconds of work for whoever makes it anew.
    private const string MadeWithTooManyRounds = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGdMFkGCSqGSIb3DQEFDTBMMCsGCSqGSIb3DQEFDDAeBAiVTZsa+Q4V5gIEAJiW
        gTAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQaej/9fDhFkAuWkeJYcDacwRA
        xhD19MP5r3WzxO1xXByzNX4Q7OjKslgfC1MwQT2OBw6nLUBkecYZVTTV9pqt96kJ
        FTfypuW5QMRh9dcndb+/6w==
        -----END ENCRYPTED PRIVATE KEY-----
        """;

    // Written by the code of our own that came before the framework's, with a seed of 32 times 7.
    private const string WrittenByTheFirstVersions = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGkMGAGCSqGSIb3DQEFDTBTMDIGCSqGSIb3DQEFDDAlBBCfWYT5cU8g+CFWhP6b
        lduGAgMJJ8AwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEK2Anf47b9gd6mxu
        PGh3GKkEQA2mDsnTrS5o1keOsa+SX2k4rgG4hNViHmI9drMXB8weSA7H527NE+R9
        Gjl/XbQ3h+WLB1ppbBsnfkJuh9mksSw=
        -----END ENCRYPTED PRIVATE KEY-----
        """;

    private static readonly string[][] WeakEncryptions =
    [
        ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "599999"],
        ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1", "-iter", "600000"],
        ["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA256", "-iter", "600000"],
        ["-v2", "des3", "-v2prf", "hmacWithSHA256", "-iter", "600000"],
        ["-v1", "PBE-SHA1-3DES", "-iter", "600000"],
        ["-scrypt"],
    ];

    private byte[] _seed = [];
    private string _pem = "";

    [OneTimeSetUp]
    public void WriteOne()
    {
        _seed = RandomNumberGenerator.GetBytes(Ed25519PrivateKey.SeedSize);
        _pem = EncryptedPrivateKeyPem.Write(_seed, KeyFolder.Passphrase);
    }

    [Test]
    public void TryRead_WhatWasWritten_GivesTheSeed()
    {
        var read = new byte[Ed25519PrivateKey.SeedSize];

        Assert.That(EncryptedPrivateKeyPem.TryRead(_pem, KeyFolder.Passphrase, File, read), Is.True);
        Assert.That(read, Is.EqualTo(_seed));
    }

    [Test]
    public void Write_TwiceTheSame_GivesTwoTextsAndNeitherHoldsTheSeed()
    {
        var again = EncryptedPrivateKeyPem.Write(_seed, KeyFolder.Passphrase);

        Assert.That(again, Is.Not.EqualTo(_pem), "salt and initialisation vector are new each time");
        foreach (var pem in new[] { _pem, again })
        {
            var bytes = Convert.FromBase64String(string.Concat(pem.Split('\n').Where(line => !line.StartsWith('-'))));
            using (Assert.EnterMultipleScope())
            {
                Assert.That(bytes.AsSpan().IndexOf(_seed), Is.Negative);
                Assert.That(bytes.AsSpan().IndexOf(_seed.AsSpan(0, 8)), Is.Negative);
                Assert.That(pem, Does.Not.Contain(Convert.ToBase64String(_seed)[..12]));
            }
        }
    }

    [TestCase("correct horse battery stapl")]
    [TestCase("Correct horse battery staple")]
    [TestCase("")]
    public void TryRead_WrongPassphrase_IsFalse(string passphrase)
    {
        Assert.That(EncryptedPrivateKeyPem.TryRead(_pem, passphrase, File, new byte[Ed25519PrivateKey.SeedSize]), Is.False);
    }

    [Test]
    public void TryRead_PassphraseOutsideAscii_Opens()
    {
        const string Passphrase = "пароль 密码 🗝 and more";
        var pem = EncryptedPrivateKeyPem.Write(_seed, Passphrase);
        var read = new byte[Ed25519PrivateKey.SeedSize];

        Assert.That(EncryptedPrivateKeyPem.TryRead(pem, Passphrase, File, read), Is.True);
        Assert.That(read, Is.EqualTo(_seed));
    }

    [Test]
    public void TryRead_FileOfTheFirstVersions_StillOpens()
    {
        var read = new byte[Ed25519PrivateKey.SeedSize];

        Assert.That(EncryptedPrivateKeyPem.TryRead(WrittenByTheFirstVersions, KeyFolder.Passphrase, File, read), Is.True);
        Assert.That(read, Is.All.EqualTo(7));
    }

    [Test]
    public void TryRead_FileThatOpenSslMade_GivesItsKey()
    {
        using var key = Ed25519PrivateKey.FromEncryptedPem(MadeByOpenSsl, KeyFolder.Passphrase, File);

        Assert.That(StrictBase64Url.Encode(key!.PublicKey), Is.EqualTo(PublicKeyMadeByOpenSsl));
    }

    [TestCase("hmacWithSHA256")]
    [TestCase("hmacWithSHA512")]
    [InCi("many keys are derived from passphrases")]
    public void TryRead_FileThatOpenSslMakesNow_GivesItsKey(string function)
    {
        var plain = Text(OpenSsl.Run("", "", "genpkey", "-algorithm", "ed25519"));
        var pem = Text(OpenSsl.Run(
            KeyFolder.Passphrase, plain, "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", function, "-iter", "600000", "-passout", "env:LA_TEST_PASSPHRASE"));
        var publicKey = OpenSsl.Run("", plain, "pkey", "-pubout", "-outform", "DER");

        using var key = Ed25519PrivateKey.FromEncryptedPem(pem, KeyFolder.Passphrase, File);

        Assert.That(key!.PublicKey.ToArray(), Is.EqualTo(publicKey[^32..]));
    }

    [Test]
    public void Write_ReadByOpenSsl_IsTheSameKey()
    {
        var information = OpenSsl.Run(
            KeyFolder.Passphrase, _pem, "pkey", "-passin", "env:LA_TEST_PASSPHRASE", "-outform", "DER");

        Assert.That(information[^Ed25519PrivateKey.SeedSize..], Is.EqualTo(_seed));
    }

    [TestCaseSource(nameof(WeakEncryptions))]
    public void TryRead_WeakerOrOtherEncryption_RefusesAndNamesTheRemedy(params string[] encryption)
    {
        var plain = Text(OpenSsl.Run("", "", "genpkey", "-algorithm", "ed25519"));
        var pem = Text(OpenSsl.Run(
            KeyFolder.Passphrase, plain, ["pkcs8", "-topk8", .. encryption, "-passout", "env:LA_TEST_PASSPHRASE"]));

        Assert.That(() => Read(pem), Throws.TypeOf<KeyException>().With.Message.Contains(File).And.Message.Contains("openssl pkcs8 -topk8"));
    }

    // It could hold up the start for hours.
    [Test]
    public void TryRead_MoreRoundsThanTheMost_RefusesAndNamesTheRemedy() =>
        Assert.That(() => Read(MadeWithTooManyRounds), Throws.TypeOf<KeyException>().With.Message.Contains(File).And.Message.Contains("openssl pkcs8 -topk8"));

    // One round is for the public passphrase alone: a key of somebody's own must not be opened so cheaply, nor be taken for one of development.
    [Test]
    public void TryRead_OneRoundUnderAnotherPassphrase_RefusesAndNamesTheRemedy()
    {
        var plain = Text(OpenSsl.Run("", "", "genpkey", "-algorithm", "ed25519"));
        var pem = Text(OpenSsl.Run(
            KeyFolder.Passphrase, plain, "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "1", "-passout", "env:LA_TEST_PASSPHRASE"));

        Assert.That(Read(pem), Is.False, "by its own passphrase");
        Assert.That(
            () => EncryptedPrivateKeyPem.TryRead(pem, KeyPassphrase.Development, File, new byte[Ed25519PrivateKey.SeedSize]),
            Throws.TypeOf<KeyException>().With.Message.Contains(File).And.Message.Contains("openssl pkcs8 -topk8"));
    }

    // Each start in Development waited for a derivation that protects nothing.
    [Test]
    public void Write_UnderThePublicPassphrase_OneRoundWhichOnlyThatPassphraseOpens()
    {
        var pem = EncryptedPrivateKeyPem.Write(_seed, KeyPassphrase.Development);
        var read = new byte[Ed25519PrivateKey.SeedSize];

        Assert.That(Read(pem), Is.False);
        Assert.That(EncryptedPrivateKeyPem.TryRead(pem, KeyPassphrase.Development, File, read), Is.True);
        Assert.That(read, Is.EqualTo(_seed));
        Assert.That(Rounds(pem), Is.EqualTo(1));
        Assert.That(Rounds(_pem), Is.EqualTo(600_000));
    }

    [Test]
    public void TryRead_NotEncrypted_RefusesWithoutRepeatingIt()
    {
        var plain = Text(OpenSsl.Run("", "", "genpkey", "-algorithm", "ed25519"));

        Assert.That(
            () => Read(plain),
            Throws.TypeOf<KeyException>().With.Message.Contains(File).And.Message.Contains("without encryption").And.Message.Not.Contains(plain.Split('\n')[1]));
    }

    [Test]
    public void TryRead_OtherAlgorithm_RefusesAndSaysSo()
    {
        var plain = Text(OpenSsl.Run("", "", "genpkey", "-algorithm", "X25519"));
        var pem = Text(OpenSsl.Run(
            KeyFolder.Passphrase, plain, "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "600000", "-passout", "env:LA_TEST_PASSPHRASE"));

        Assert.That(() => Read(pem), Throws.TypeOf<KeyException>().With.Message.Contains(File).And.Message.Contains("another algorithm"));
    }

    [TestCase("")]
    [TestCase("not a key")]
    [TestCase("-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----")]
    [TestCase("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----")]
    [TestCase("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----")]
    public void TryRead_NoEncryptedKey_Refuses(string text)
    {
        Assert.That(() => Read(text), Throws.TypeOf<KeyException>().With.Message.Contains(File).And.Message.Contains("backup"));
    }

    [Test]
    public void TryRead_CutShortAnywhere_NeverGivesAKey()
    {
        for (var length = 0; length < _pem.TrimEnd().Length; length++)
        {
            Assert.That(() => Read(_pem[..length]), Throws.TypeOf<KeyException>());
        }
    }

    [Test]
    public void TryRead_OneByteOfTheHeaderChanged_RefusesOrDoesNotOpen()
    {
        var bytes = Convert.FromBase64String(string.Concat(_pem.Split('\n').Where(line => !line.StartsWith('-'))));

        // The structure in front of the salt; behind it every bit flip costs a key derivation and is another key, which the certificate tells.
        for (var i = 0; i < 33; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= 0x10;
            Assert.That(() => Read(PemEncoding.WriteString("ENCRYPTED PRIVATE KEY", changed)), Throws.TypeOf<KeyException>(), $"byte {i}");
        }
    }

    private static bool Read(string pem) => EncryptedPrivateKeyPem.TryRead(pem, KeyFolder.Passphrase, File, new byte[Ed25519PrivateKey.SeedSize]);

    private static int Rounds(string pem)
    {
        var structure = Text(OpenSsl.Run("", pem, "asn1parse"));
        return Convert.ToInt32(structure.Split('\n').First(line => line.Contains("INTEGER", StringComparison.Ordinal)).Split(':')[^1].Trim(), 16);
    }

    private static string Text(byte[] printed) => System.Text.Encoding.ASCII.GetString(printed);
}
