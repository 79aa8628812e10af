using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>License codes by themselves.</summary>
internal static class CodeVectors
{
    public static IEnumerable<NamedVector> All()
    {
        yield return NamedVector.Code("valid", "An ordinary code in its term.", LicenseOutcome.Valid, TestCodes.Valid());
        yield return NamedVector.Code("valid-perpetual", "Without exp, a century after its certificate ended.", LicenseOutcome.Valid, TestCodes.Valid().Without("exp").Without("grace"), now: TestCodes.CertificateNotAfter + (100 * 31557600L));
        yield return NamedVector.Code("valid-alg-ed25519", "The other name of the algorithm (RFC 9864).", LicenseOutcome.Valid, TestCodes.Valid().WithHeader("alg", "\"Ed25519\""));
        yield return NamedVector.Code("valid-unknown-members", "Unknown claims and header members are ignored.", LicenseOutcome.Valid, TestCodes.Valid().WithHeader("x", "[null]").With("future", "{\"a\":[1,{\"b\":null}]}"));
        yield return NamedVector.Code("valid-second-of-year-9999", "The last second that has a date.", LicenseOutcome.Valid, TestCodes.Valid().With("exp", KeyCertificate.LatestSecond), now: KeyCertificate.LatestSecond - 1);
        yield return NamedVector.Code("valid-nbf-leeway", "Five minutes before nbf, to the second.", LicenseOutcome.Valid, TestCodes.Valid().With("nbf", TestCodes.Now + 300));
        yield return NamedVector.Code("valid-unicode", "A name with Chinese characters and an escaped emoji.", LicenseOutcome.Valid, TestCodes.Valid().With("cn", "\"\u6d4b\u8bd5 \\uD83D\\uDE00\""));
        yield return NamedVector.Code("valid-device", "Two of three properties are required and found; one fingerprint has white space around it.", LicenseOutcome.Valid, TestCodes.Valid().BoundTo("board", "disk", "mac").With("devk", 2).With("act", "true"), fingerprints: ["mac", "\tboard ", "other"]);
        yield return NamedVector.Code("valid-second-root", "Any of the embedded roots will do.", LicenseOutcome.Valid,
            TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed), roots: [TestCodes.RootSeed, TestCodes.OtherRootSeed]);
        yield return NamedVector.Code("valid-wrapped", "Broken over several lines, with spaces and tabs in between.", LicenseOutcome.Valid, TestCodes.Valid(), change: code => string.Join(" \t\n", code.Chunk(60).Select(line => new string(line))));
        yield return NamedVector.Code("not-yet-valid", "One second too early for the leeway.", LicenseOutcome.NotYetValid, TestCodes.Valid().With("nbf", TestCodes.Now + 301));
        yield return NamedVector.Code("frozen", "At exp, to the second.", LicenseOutcome.Frozen, TestCodes.Valid(), now: TestCodes.ExpiresAt);
        yield return NamedVector.Code("frozen-last-second", "One second before exp + grace.", LicenseOutcome.Frozen, TestCodes.Valid(), now: TestCodes.ExpiresAt + TestCodes.GraceSeconds - 1);
        yield return NamedVector.Code("expired", "At exp + grace, to the second.", LicenseOutcome.Expired, TestCodes.Valid(), now: TestCodes.ExpiresAt + TestCodes.GraceSeconds);
        yield return NamedVector.Code("expired-no-grace", "Without grace the code expires at exp.", LicenseOutcome.Expired, TestCodes.Valid().Without("grace"), now: TestCodes.ExpiresAt);
        yield return NamedVector.Code("wrong-product", "The product differs in the case of one letter.", LicenseOutcome.WrongProduct, TestCodes.Valid().With("aud", "\"com.example.Editor\""));
        yield return NamedVector.Code("wrong-device", "One of two required properties is found, and given twice.", LicenseOutcome.WrongDevice, TestCodes.Valid().BoundTo("board", "disk", "mac").With("devk", 2), fingerprints: ["mac", "mac"]);
        yield return NamedVector.Code("wrong-device-none-given", "Bound, and no fingerprint given.", LicenseOutcome.WrongDevice, TestCodes.Valid().BoundTo("board"));
        yield return NamedVector.Code("test-license", "A test license where none is accepted.", LicenseOutcome.TestLicense, TestCodes.Valid().With("test", "true"));
        yield return NamedVector.Code("clock-rolled-back", "One second more than 24 hours before iat.", LicenseOutcome.ClockRolledBack, TestCodes.Valid(), now: TestCodes.IssuedAt - 86401);
        yield return NamedVector.Code("not-activated", "Demands activation and is not bound.", LicenseOutcome.NotActivated, TestCodes.Valid().With("act", "true"), fingerprints: ["board"]);
        yield return NamedVector.Code("untrusted-root", "Certified by a root that is not embedded.", LicenseOutcome.UntrustedKey, TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed));
        yield return NamedVector.Code("untrusted-revoked", "The certificate revokes itself: serial 5, min-serial 6.", LicenseOutcome.UntrustedKey, TestCodes.Valid().WithSerial(5, minimumSerial: 6));
        yield return NamedVector.Code("untrusted-kid", "kid is that of another key.", LicenseOutcome.UntrustedKey, TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId(TestCodes.OtherIssuingSeed)}\""));
        yield return NamedVector.Code("untrusted-usage", "The key may sign status lists only.", LicenseOutcome.UntrustedKey, TestCodes.Valid().WithUsages(KeyUsages.StatusLists));
        yield return NamedVector.Code("untrusted-before-window", "iat is one second before not-before.", LicenseOutcome.UntrustedKey, TestCodes.Valid().With("iat", TestCodes.CertificateNotBefore - 1));
        yield return NamedVector.Code("untrusted-at-not-after", "iat is not-after.", LicenseOutcome.UntrustedKey, TestCodes.Valid().With("iat", TestCodes.CertificateNotAfter).Without("exp").Without("grace"));
        yield return NamedVector.Code(
            "bad-signature", "Signed by another key than the certified one.", LicenseOutcome.BadSignature,
            TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).Certifying(TestCodes.PublicKey(TestCodes.IssuingSeed)));
        yield return NamedVector.Code("bad-signature-payload", "The payload is that of another code.", LicenseOutcome.BadSignature, TestCodes.Valid(), change: code => $"{code.Split('.')[0]}.{TestCodes.Valid().With("qty", 6).Build().Split('.')[1]}.{code.Split('.')[2]}");
        yield return NamedVector.Code("bad-signature-s-plus-l", "The signature's S with the group order added.", LicenseOutcome.BadSignature, TestCodes.Valid().ChangeSignature(TestCodes.AddGroupOrder));
        yield return NamedVector.Code("malformed-empty", "No text.", LicenseOutcome.Malformed, TestCodes.Valid(), change: _ => "");
        yield return NamedVector.Code("malformed-two-parts", "The signature is missing.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code[..code.LastIndexOf('.')]);
        yield return NamedVector.Code("malformed-cut-off", "The last character is missing.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code[..^1]);
        yield return NamedVector.Code("malformed-padding-bits", "The unused bits of the last character are not zero.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code[..^1] + (char)(code[^1] + 1));
        yield return NamedVector.Code("malformed-padding", "With padding.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code + "==");
        yield return NamedVector.Code("malformed-no-break-space", "White space that is not ASCII.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code + "\u00a0");
        yield return NamedVector.Code("malformed-too-long", "More than 8 KiB.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", $"\"{new string('x', 6144)}\""));
        yield return NamedVector.Code("malformed-alg-none", "alg is none.", LicenseOutcome.Malformed, TestCodes.Valid().WithHeader("alg", "\"none\""));
        yield return NamedVector.Code("malformed-typ", "typ is JWT.", LicenseOutcome.Malformed, TestCodes.Valid().WithHeader("typ", "\"JWT\""));
        yield return NamedVector.Code("malformed-crit", "A critical extension.", LicenseOutcome.Malformed, TestCodes.Valid().WithHeader("crit", "[\"exp\"]"));
        yield return NamedVector.Code("malformed-certificate-size", "A certificate of 121 bytes.", LicenseOutcome.Malformed, TestCodes.Valid().ChangeCertificate(certificate => certificate[..121]));
        yield return NamedVector.Code(
            "untrusted-uncertified-small-order-key", "The certified key is a point of small order, and the root is unknown: that is said first.", LicenseOutcome.UntrustedKey,
            TestCodes.Valid().Certifying(new byte[32]).CertifiedBy(TestCodes.OtherRootSeed));
        yield return NamedVector.Code("malformed-certified-small-order-key", "The certified key is a point of small order.", LicenseOutcome.Malformed, TestCodes.Valid().Certifying(new byte[32]));
        yield return NamedVector.Code("malformed-repeated-claim", "qty twice, once with an escape.", LicenseOutcome.Malformed, TestCodes.Valid().With("q\\u0074y", "6"), isStrictJson: true);
        yield return NamedVector.Code("malformed-repeated-deep", "A name twice in an unknown claim.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "[{\"a\":{\"b\":1,\"b\":2}}]"), isStrictJson: true);
        yield return NamedVector.Code("malformed-fraction", "exp with a fraction.", LicenseOutcome.Malformed, TestCodes.Valid().With("exp", "1798761600.0"), isStrictJson: true);
        yield return NamedVector.Code("malformed-exponent", "exp with an exponent.", LicenseOutcome.Malformed, TestCodes.Valid().With("exp", "17987616e2"), isStrictJson: true);
        yield return NamedVector.Code("malformed-minus-zero", "A number that is -0.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "-0"), isStrictJson: true);
        yield return NamedVector.Code("malformed-beyond-64-bits", "A number that does not fit.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "9223372036854775808"), isStrictJson: true);
        yield return NamedVector.Code("malformed-lone-surrogate", "Half a character, by an escape.", LicenseOutcome.Malformed, TestCodes.Valid().With("cn", "\"\\ud800\""), isStrictJson: true);
        yield return NamedVector.Code("malformed-utf8", "An overlong form.", LicenseOutcome.Malformed, TestCodes.Valid().WithPayloadBytes([.. "{\"iss\":\""u8, 0xC0, 0x80, .. "\"}"u8]));
        yield return NamedVector.Code("malformed-depth", "Nine levels.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "[[[[[[[[]]]]]]]]"));
        yield return NamedVector.Code("valid-many-values", "As many JSON values as there may be: 2,048 in the payload.", LicenseOutcome.Valid, TestCodes.Valid().With("x", Zeros(2030)));
        yield return NamedVector.Code("malformed-too-many-values", "One JSON value more than there may be.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", Zeros(2031)));
        yield return NamedVector.Code("malformed-trailing", "Something behind the payload's object.", LicenseOutcome.Malformed, TestCodes.Valid().WithPayload("{} {}"));
        yield return NamedVector.Code("malformed-missing-claim", "No qty.", LicenseOutcome.Malformed, TestCodes.Valid().Without("qty"));
        yield return NamedVector.Code("malformed-audience-list", "aud is an array.", LicenseOutcome.Malformed, TestCodes.Valid().With("aud", $"[\"{TestCodes.Product}\"]"));
        yield return NamedVector.Code("malformed-year-10000", "exp after the year 9999.", LicenseOutcome.Malformed, TestCodes.Valid().With("exp", KeyCertificate.LatestSecond + 1));
        yield return NamedVector.Code("malformed-grace", "grace of 15 days and a second.", LicenseOutcome.Malformed, TestCodes.Valid().With("grace", TestCodes.GraceSeconds + 1));
        yield return NamedVector.Code("malformed-nine-devices", "More than eight device ids.", LicenseOutcome.Malformed, TestCodes.Valid().BoundTo([.. Enumerable.Range(1, 9).Select(i => $"device {i}")]));
        yield return NamedVector.Code("malformed-test-false", "A flag that is written out as false.", LicenseOutcome.Malformed, TestCodes.Valid().With("test", "false"));
        yield return NamedVector.Code("malformed-entitlement", "An entitlement that is an object.", LicenseOutcome.Malformed, TestCodes.Valid().With("ent", "{\"a\":{}}"));
    }

    private static string Zeros(int count) => $"[{string.Join(',', Enumerable.Repeat("0", count))}]";
}
