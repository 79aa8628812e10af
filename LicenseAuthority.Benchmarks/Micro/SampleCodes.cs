using System.Text;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.StatusLists;
using Microsoft.Extensions.Configuration;

namespace LicenseAuthority.Benchmarks.Micro;

/// <summary>Keys, a typical license and its codes.</summary>
internal sealed class SampleCodes : IDisposable
{
    public const string Product = "com.example.editor";

    // Far more than a verifier remembers certificates, so that going round and round it meets each as if for the first time.
    private const int ManyKeys = 512;

    private readonly LiveKeys _keys;
    private readonly Ed25519PrivateKey _otherRoot = Ed25519PrivateKey.Generate();
    private readonly StatusIndexes _statusIndexes = new(new EndlessBlocks());

    public SampleCodes()
    {
        using var folder = new WorkFolder(Path.GetTempPath());
        BenchmarkKeys.Make(folder.PathOf("keys"));
        _keys = new LiveKeys(BenchmarkKeys.Load(folder.PathOf("keys")));
    }

    /// <summary>The certificate of the key that signs.</summary>
    public KeyCertificate Certificate => _keys.Ring.Current.Certificate;

    /// <summary>What a program embeds that trusts all codes made here; the first one is that of <see cref="ResignWithManyKeys"/>.</summary>
    public string[] RootLines => [RootKeys.ToLine(_otherRoot.PublicKey), _keys.Ring.RootLines[0]];

    /// <summary>A license as it stands before its code is signed.</summary>
    public static License License() => new LicenseChanges("sample").Take(1)[0].After;

    /// <summary>A writer of license codes, as in the service.</summary>
    public LicenseCodeWriter NewWriter() => new(
        _keys,
        _statusIndexes,
        new ProductCatalogs([]),
        PublicUrl.From(new ConfigurationManager { [PublicUrl.Setting] = "https://licenses.example.com" }, allowLoopback: false),
        TimeProvider.System);

    /// <summary>A verifier that trusts all codes made here.</summary>
    public LicenseVerifier NewVerifier(bool cacheCodes) =>
        new(RootLines, Product, new LicenseVerifierOptions { CacheCodes = cacheCodes });

    /// <summary>The same license code, signed by many keys, each with a certificate of its own.</summary>
    public string[] ResignWithManyKeys(string code)
    {
        var payload = code.Split('.')[1];
        var certificates = new List<KeyCertificate>();
        var codes = new string[ManyKeys];
        for (var i = 0; i < codes.Length; i++)
        {
            using var key = Ed25519PrivateKey.Generate();
            var certificate = KeyCertifier.Certify(_otherRoot, key.PublicKey, certificates, TimeProvider.System.GetUtcNow());
            certificates.Add(certificate);
            var header = $$"""{"alg":"EdDSA","typ":"license+jwt","kid":"{{certificate.KeyId}}","cert":"{{StrictBase64Url.Encode(certificate.Bytes)}}"}""";
            var signed = $"{StrictBase64Url.Encode(Encoding.ASCII.GetBytes(header))}.{payload}";
            codes[i] = $"{signed}.{StrictBase64Url.Encode(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
        }

        return codes;
    }

    /// <summary>The entries of a status list with nothing against the code at <paramref name="index"/>, and this share of the others against them at random.</summary>
    public static byte[] StatesOfList(int index, double share)
    {
        var random = new Random(1);
        var entries = new byte[StatusListReader.EntryBytes];
        for (var i = 0; i < entries.Length * 4 && share > 0; i++)
        {
            if (i != index && random.NextDouble() < share)
            {
                entries[i / 4] |= (byte)((share < 1 ? 1 : random.Next(3)) << (i % 4 * 2));
            }
        }

        return entries;
    }

    /// <summary>A status list with these entries.</summary>
    public string SignStatusList(string uri, byte[] entries)
    {
        var key = _keys.Ring.Current;
        var issuedAt = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var header = $$"""{"alg":"EdDSA","typ":"{{CodeHeader.StatusListType}}","kid":"{{key.KeyId}}","cert":"{{key.CertificateText}}"}""";
        var payload = $$$"""{"sub":"{{{uri}}}","iat":{{{issuedAt}}},"exp":{{{issuedAt + 86400}}},"seq":{{{issuedAt}}},"status_list":{"bits":2,"lst":"{{{StatusListWriter.Compress(entries)}}}"}}""";
        var signed = $"{StrictBase64Url.Encode(Encoding.ASCII.GetBytes(header))}.{StrictBase64Url.Encode(Encoding.ASCII.GetBytes(payload))}";
        return $"{signed}.{StrictBase64Url.Encode(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _otherRoot.Dispose();
    }

    private sealed class EndlessBlocks : IStatusBlockStore
    {
        private readonly byte[] _permutationKey = new byte[32];

        public Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new StatusBlock(1, 0, StatusIndexPermutation.Size, _permutationKey));
    }
}
