using System.IO.Compression;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>Status lists by themselves: genuine or not. Whether one is fresh, and of which codes, is not judged here.</summary>
internal static class StatusListVectors
{
    private const LicenseOutcome Valid = LicenseOutcome.Valid;
    private const LicenseOutcome Malformed = LicenseOutcome.Malformed;
    private const LicenseOutcome UntrustedKey = LicenseOutcome.UntrustedKey;
    private const LicenseOutcome BadSignature = LicenseOutcome.BadSignature;

    public static IEnumerable<NamedVector> All() => [.. Good(), .. Untrusted(), .. Forged(), .. Texts(), .. Claims(), .. Entries()];

    private static IEnumerable<NamedVector> Good()
    {
        yield return NamedVector.List("status-list-valid", "An ordinary list.", Valid, List());
        yield return NamedVector.List("status-list-ended", "Long after its exp: genuine all the same, and it still denies.", Valid, List(), now: TestStatusLists.ExpiresAt + (365 * 86400L));
        yield return NamedVector.List("status-list-alg-ed25519", "The other name of the algorithm (RFC 9864).", Valid, List().WithHeader("alg", "\"Ed25519\""));
        yield return NamedVector.List(
            "status-list-unknown-members", "Unknown claims and header members are ignored.", Valid,
            List().WithHeader("x", "{}").With("iss", "\"https://license.example.com\"").With("aggregation_uri", "\"https://license.example.com/lists\""));
        yield return NamedVector.List("status-list-without-ttl", "ttl may be absent.", Valid, List().Without("ttl"));
        yield return NamedVector.List("status-list-wrapped", "Broken over several lines.", Valid, List(), change: list => string.Join("\r\n ", list.Chunk(76).Select(line => new string(line))));
        yield return NamedVector.List("status-list-second-root", "Any of the embedded roots will do.", Valid, List().CertifiedBy(TestCodes.OtherRootSeed), roots: [TestCodes.RootSeed, TestCodes.OtherRootSeed]);
        yield return NamedVector.List("status-list-usage-lists-only", "The key may sign lists and no codes.", Valid, List().WithUsages(KeyUsages.StatusLists));
        yield return NamedVector.List("status-list-exp-is-not-after", "It ends when its certificate does, to the second.", Valid, List().WithWindow(TestCodes.CertificateNotBefore, TestStatusLists.ExpiresAt));
        yield return NamedVector.List("status-list-seq-maximum", "The highest seq.", Valid, List().With("seq", long.MaxValue), isStrictJson: true);
        yield return NamedVector.List(
            "status-list-thousand-entries", "A thousand entries of all values.", Valid,
            TestStatusLists.Fresh(ThousandEntries()).With("iat", TestStatusLists.IssuedAt).With("exp", TestStatusLists.ExpiresAt));
    }

    private static IEnumerable<NamedVector> Untrusted()
    {
        yield return NamedVector.List("status-list-untrusted-root", "Certified by a root that is not embedded.", UntrustedKey, List().CertifiedBy(TestCodes.OtherRootSeed));
        yield return NamedVector.List("status-list-untrusted-usage", "The key may sign codes only.", UntrustedKey, List().WithUsages(KeyUsages.LicenseCodes));
        yield return NamedVector.List("status-list-untrusted-revoked", "The certificate revokes itself: serial 5, min-serial 6.", UntrustedKey, List().WithSerial(5, minimumSerial: 6));
        yield return NamedVector.List("status-list-untrusted-min-serial", "Its serial is below the min-serial that the software remembers.", UntrustedKey, List(), minimumSerial: TestCodes.CertificateSerial + 1);
        yield return NamedVector.List("status-list-min-serial", "Its serial is the min-serial that the software remembers.", Valid, List(), minimumSerial: TestCodes.CertificateSerial);
        yield return NamedVector.List("status-list-untrusted-kid", "kid is that of another key.", UntrustedKey, List().WithHeader("kid", $"\"{TestCodes.KeyId(TestCodes.OtherIssuingSeed)}\""));
        yield return NamedVector.List("status-list-untrusted-before-window", "iat is one second before not-before.", UntrustedKey, List().With("iat", TestCodes.CertificateNotBefore - 1));
        yield return NamedVector.List(
            "status-list-untrusted-at-not-after", "iat is not-after.", UntrustedKey,
            List().WithWindow(TestCodes.CertificateNotBefore, TestStatusLists.IssuedAt));
        yield return NamedVector.List(
            "status-list-untrusted-end", "Its exp is one second after not-after.", UntrustedKey, List().WithWindow(TestCodes.CertificateNotBefore, TestStatusLists.ExpiresAt - 1));
    }

    private static IEnumerable<NamedVector> Forged()
    {
        yield return NamedVector.List(
            "status-list-bad-signature", "Signed by another key than the certified one.", BadSignature,
            List().SignedBy(TestCodes.OtherIssuingSeed).Certifying(TestCodes.PublicKey(TestCodes.IssuingSeed)));
        yield return NamedVector.List(
            "status-list-bad-signature-payload", "The payload is that of another list.", BadSignature, List(),
            change: list => $"{list.Split('.')[0]}.{List().With("seq", 8).Build().Split('.')[1]}.{list.Split('.')[2]}");
        yield return NamedVector.List("status-list-bad-signature-s-plus-l", "The signature's S with the group order added.", BadSignature, List().ChangeSignature(TestCodes.AddGroupOrder));
    }

    private static IEnumerable<NamedVector> Texts()
    {
        yield return NamedVector.List("status-list-malformed-empty", "No text.", Malformed, List(), change: _ => "");
        yield return NamedVector.List("status-list-malformed-two-parts", "The signature is missing.", Malformed, List(), change: list => list[..list.LastIndexOf('.')]);
        yield return NamedVector.List("status-list-malformed-cut-off", "The last character is missing.", Malformed, List(), change: list => list[..^1]);
        yield return NamedVector.List("status-list-malformed-padding", "With padding.", Malformed, List(), change: list => list + "==");
        yield return NamedVector.List("status-list-malformed-code", "A license code.", Malformed, TestCodes.Valid());
        yield return NamedVector.List("status-list-malformed-typ", "typ is JWT.", Malformed, List().WithHeader("typ", "\"JWT\""));
        yield return NamedVector.List("status-list-malformed-alg-none", "alg is none.", Malformed, List().WithHeader("alg", "\"none\""));
        yield return NamedVector.List("status-list-malformed-crit", "A critical extension.", Malformed, List().WithHeader("crit", "[\"seq\"]"));
    }

    private static IEnumerable<NamedVector> Claims()
    {
        yield return NamedVector.List("status-list-malformed-no-sub", "No sub.", Malformed, List().Without("sub"));
        yield return NamedVector.List("status-list-malformed-sub-empty", "An empty sub.", Malformed, List().With("sub", "\"\""));
        yield return NamedVector.List("status-list-malformed-sub-too-long", "A sub of 2,049 characters.", Malformed, List().With("sub", $"\"{TestStatusLists.Uri}{new string('x', 2049 - TestStatusLists.Uri.Length)}\""));
        yield return NamedVector.List("status-list-malformed-no-iat", "No iat.", Malformed, List().Without("iat"));
        yield return NamedVector.List("status-list-malformed-no-exp", "No exp.", Malformed, List().Without("exp"));
        yield return NamedVector.List("status-list-malformed-exp-is-iat", "It ends when it was made.", Malformed, List().With("exp", TestStatusLists.IssuedAt));
        yield return NamedVector.List("status-list-malformed-ttl", "ttl is 0.", Malformed, List().With("ttl", 0));
        yield return NamedVector.List("status-list-malformed-no-seq", "No seq.", Malformed, List().Without("seq"));
        yield return NamedVector.List("status-list-malformed-seq", "seq is 0.", Malformed, List().With("seq", 0));
        yield return NamedVector.List("status-list-malformed-seq-text", "seq is a text.", Malformed, List().With("seq", "\"7\""));
        yield return NamedVector.List("status-list-malformed-seq-twice", "seq twice.", Malformed, List().With("s\\u0065q", 8), isStrictJson: true);
        yield return NamedVector.List("status-list-malformed-fraction", "seq with a fraction.", Malformed, List().With("seq", "7.0"), isStrictJson: true);
        yield return NamedVector.List("status-list-malformed-year-10000", "exp after the year 9999.", Malformed, List().With("exp", KeyCertificate.LatestSecond + 1));
        yield return NamedVector.List("status-list-malformed-no-entries", "No status_list.", Malformed, List().Without("status_list"));
        yield return NamedVector.List("status-list-malformed-entries-array", "status_list is an array.", Malformed, List().With("status_list", "[]"));
    }

    private static IEnumerable<NamedVector> Entries()
    {
        var entries = TestStatusLists.Entries(1);
        var zlib = TestStatusLists.Zlib(entries);
        yield return Packed("status-list-malformed-bits", "One bit an entry.", $"{{\"bits\":1,\"lst\":\"{StrictBase64Url.Encode(zlib)}\"}}");
        yield return Packed("status-list-malformed-no-bits", "No bits.", $"{{\"lst\":\"{StrictBase64Url.Encode(zlib)}\"}}");
        yield return Packed("status-list-malformed-no-lst", "No lst.", "{\"bits\":2}");
        yield return Packed("status-list-malformed-lst-padding", "lst with padding.", $"{{\"bits\":2,\"lst\":\"{StrictBase64Url.Encode(zlib)}=\"}}");
        yield return Packed("status-list-malformed-lst-empty", "lst is empty.", "{\"bits\":2,\"lst\":\"\"}");
        yield return Data("status-list-malformed-too-small", "One byte less than a list has.", TestStatusLists.Zlib(entries[..^1]));
        yield return Data("status-list-malformed-too-large", "A megabyte: a verifier stops in time.", TestStatusLists.Zlib(new byte[1 << 20]));
        yield return Data("status-list-malformed-trailing", "A byte behind the compressed entries.", [.. zlib, 0]);
        yield return Data("status-list-malformed-cut-data", "The last byte of the checksum is missing.", zlib[..^1]);
        yield return Data("status-list-malformed-checksum", "A checksum that does not fit.", [.. zlib[..^1], (byte)(zlib[^1] ^ 1)]);
        yield return Data("status-list-malformed-zlib-method", "Another compression method than deflate.", [0x79, 0x9B, .. zlib[2..]]);
        yield return Data("status-list-malformed-zlib-dictionary", "A preset dictionary.", [0x78, 0xBB, .. zlib[2..]]);
        yield return Data("status-list-malformed-raw-deflate", "Deflate without zlib around it.", zlib[2..^4]);
        yield return Data("status-list-malformed-gzip", "gzip instead of zlib.", Gzip(entries));
    }

    private static TestCodes List() => TestStatusLists.With(0);

    private static NamedVector Packed(string name, string comment, string json) => NamedVector.List(name, comment, Malformed, List().With("status_list", json));

    private static NamedVector Data(string name, string comment, byte[] data) => Packed(name, comment, $"{{\"bits\":2,\"lst\":\"{StrictBase64Url.Encode(data)}\"}}");

    private static byte[] ThousandEntries()
    {
        var entries = new byte[StatusListReader.EntryBytes];
        var random = new Random(20260601);
        for (var i = 0; i < 1000; i++)
        {
            entries[random.Next(entries.Length)] = (byte)random.Next(256);
        }

        return entries;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }
}
