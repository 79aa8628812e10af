using System.Globalization;
using System.Numerics;
using System.Text;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using Org.BouncyCastle.Crypto.Parameters;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// Builds license codes, right by default and wrong on demand: change one thing, then <see cref="Build"/>. Keys come from fixed seeds
/// (32 times the same byte), so that every run and every document gets the same bytes. The only file of the tests that calls BouncyCastle.
/// </summary>
internal sealed class TestCodes
{
    public const string Product = "com.example.editor";
    public const string LicenseId = "lic_01KDVNGM006PSRNCJ8ZK2V8T4E";

    // Seeds of the keys: roots are small numbers, issuing keys begin at 101.
    public const byte RootSeed = 1;
    public const byte OtherRootSeed = 2;
    public const byte IssuingSeed = 101;
    public const byte OtherIssuingSeed = 102;

    // 2026-01-01, 2027-01-01 and 2026-06-01, all at 00:00:00Z.
    public const long IssuedAt = 1767225600;
    public const long ExpiresAt = 1798761600;
    public const long Now = 1780272000;
    public const long GraceSeconds = 15 * 86400;

    // 2025-12-01 to 2030-12-01.
    public const long CertificateNotBefore = 1764547200;
    public const long CertificateNotAfter = 1922313600;
    public const uint CertificateSerial = 1764547200;

    private readonly List<(string Name, string Json)> _header = [];
    private readonly List<(string Name, string Json)> _claims =
    [
        ("iss", "\"https://license.example.com\""),
        ("aud", $"\"{Product}\""),
        ("sub", $"\"{LicenseId}\""),
        ("gen", "1"),
        ("iat", $"{IssuedAt}"),
        ("exp", $"{ExpiresAt}"),
        ("grace", $"{GraceSeconds}"),
        ("cus", "\"cus_01KDVNGM00Q7X2B9RZC4T6M8WF\""),
        ("qty", "5"),
        ("ent", "{\"edition\":\"pro\",\"seats\":5}"),
        ("status", "{\"status_list\":{\"idx\":4711,\"uri\":\"https://license.example.com/licensee/v1/status-lists/1\"}}"),
    ];

    private byte _rootSeed = RootSeed;
    private byte _issuingSeed = IssuingSeed;
    private byte[]? _certifiedKey;
    private KeyUsages _usages = KeyUsages.LicenseCodes | KeyUsages.StatusLists;
    private uint _serial = CertificateSerial;
    private uint _minimumSerial;
    private long _notBefore = CertificateNotBefore;
    private long _notAfter = CertificateNotAfter;
    private byte[]? _headerBytes;
    private byte[]? _payloadBytes;
    private Func<byte[], byte[]>? _changeSignature;
    private Func<byte[], byte[]>? _changeCertificate;

    /// <summary>A code that is valid for <see cref="Product"/> at <see cref="Now"/> with the root of <see cref="RootSeed"/>.</summary>
    public static TestCodes Valid() => new();

    public static byte[] PublicKey(byte seed) => PrivateKey(seed).GeneratePublicKey().GetEncoded();

    public static string RootLine(byte seed = RootSeed) => RootKeys.ToLine(PublicKey(seed));

    public static string KeyId(byte seed = IssuingSeed) => KeyThumbprint.Compute(PublicKey(seed));

    public static byte[] Sign(byte seed, byte[] message)
    {
        var signature = new byte[Ed25519PrivateKeyParameters.SignatureSize];
        PrivateKey(seed).Sign(Org.BouncyCastle.Math.EC.Rfc8032.Ed25519.Algorithm.Ed25519, null, message, 0, message.Length, signature, 0);
        return signature;
    }

    /// <summary>The second spelling of a signature that a sloppy verifier accepts: the group order L added to its scalar S.</summary>
    public static byte[] AddGroupOrder(byte[] signature)
    {
        var order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", CultureInfo.InvariantCulture);
        var scalar = new BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        var respelled = (byte[])signature.Clone();
        scalar.TryWriteBytes(respelled.AsSpan(32), out _, isUnsigned: true);
        return respelled;
    }

    /// <summary>Sets a claim to any JSON text, in place or at the end.</summary>
    public TestCodes With(string claim, string json) => Set(_claims, claim, json);

    public TestCodes With(string claim, long value) => Set(_claims, claim, $"{value}");

    public TestCodes Without(string claim)
    {
        _claims.RemoveAll(entry => entry.Name == claim);
        return this;
    }

    /// <summary>Sets a header member to any JSON text; null leaves it out.</summary>
    public TestCodes WithHeader(string member, string? json) => Set(_header, member, json ?? "");

    /// <summary>Takes these bytes for the whole header.</summary>
    public TestCodes WithHeaderBytes(byte[] json)
    {
        _headerBytes = json;
        return this;
    }

    /// <summary>Takes these bytes for the whole payload.</summary>
    public TestCodes WithPayloadBytes(byte[] json)
    {
        _payloadBytes = json;
        return this;
    }

    /// <summary>Takes this text for the whole payload.</summary>
    public TestCodes WithPayload(string json) => WithPayloadBytes(Encoding.UTF8.GetBytes(json));

    public TestCodes BoundTo(params string[] fingerprints)
    {
        var ids = fingerprints.Select(fingerprint => $"\"{DeviceBinding.ComputeId(LicenseId, fingerprint)}\"");
        return With("dev", $"[{string.Join(',', ids)}]");
    }

    public TestCodes SignedBy(byte issuingSeed)
    {
        _issuingSeed = issuingSeed;
        return this;
    }

    public TestCodes CertifiedBy(byte rootSeed)
    {
        _rootSeed = rootSeed;
        return this;
    }

    /// <summary>Certifies another key than the one that signs.</summary>
    public TestCodes Certifying(byte[] publicKey)
    {
        _certifiedKey = publicKey;
        return this;
    }

    public TestCodes WithUsages(KeyUsages usages)
    {
        _usages = usages;
        return this;
    }

    public TestCodes WithSerial(uint serial, uint minimumSerial = 0)
    {
        (_serial, _minimumSerial) = (serial, minimumSerial);
        return this;
    }

    public TestCodes WithWindow(long notBefore, long notAfter)
    {
        (_notBefore, _notAfter) = (notBefore, notAfter);
        return this;
    }

    public TestCodes ChangeSignature(Func<byte[], byte[]> change)
    {
        _changeSignature = change;
        return this;
    }

    public TestCodes ChangeCertificate(Func<byte[], byte[]> change)
    {
        _changeCertificate = change;
        return this;
    }

    public string Build()
    {
        var signed = StrictBase64Url.Encode(HeaderBytes()) + "." + StrictBase64Url.Encode(_payloadBytes ?? Json(_claims));
        var signature = Sign(_issuingSeed, Encoding.ASCII.GetBytes(signed));
        return signed + "." + StrictBase64Url.Encode(_changeSignature?.Invoke(signature) ?? signature);
    }

    /// <summary>The certificate's 122 bytes.</summary>
    public byte[] Certificate()
    {
        var certificate = KeyCertifier.Write(
            _usages, _serial, _minimumSerial, _notBefore, _notAfter, _certifiedKey ?? PublicKey(_issuingSeed), message => Sign(_rootSeed, message));
        return _changeCertificate?.Invoke(certificate) ?? certificate;
    }

    private byte[] HeaderBytes()
    {
        if (_headerBytes is not null)
        {
            return _headerBytes;
        }

        List<(string Name, string Json)> header =
        [
            ("alg", "\"EdDSA\""),
            ("typ", "\"license+jwt\""),
            ("kid", $"\"{KeyThumbprint.Compute(_certifiedKey ?? PublicKey(_issuingSeed))}\""),
            ("cert", $"\"{StrictBase64Url.Encode(Certificate())}\""),
        ];
        foreach (var (name, json) in _header)
        {
            Set(header, name, json);
        }

        header.RemoveAll(entry => entry.Json.Length == 0);
        return Json(header);
    }

    private TestCodes Set(List<(string Name, string Json)> entries, string name, string json)
    {
        var index = entries.FindIndex(entry => entry.Name == name);
        if (index < 0)
        {
            entries.Add((name, json));
        }
        else
        {
            entries[index] = (name, json);
        }

        return this;
    }

    private static byte[] Json(List<(string Name, string Json)> entries) =>
        Encoding.UTF8.GetBytes("{" + string.Join(',', entries.Select(entry => $"\"{entry.Name}\":{entry.Json}")) + "}");

    private static Ed25519PrivateKeyParameters PrivateKey(byte seed) => new([.. Enumerable.Repeat(seed, 32)]);
}
