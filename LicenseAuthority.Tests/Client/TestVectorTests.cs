using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>
/// The plain files in <c>testvectors/</c>, for any implementation of the format, through both builds of ours. They are made from fixed seeds:
/// after a deliberate change of the list below, run the tests once with UPDATE_TESTVECTORS=1 and review the difference.
/// </summary>
public sealed class TestVectorTests
{
    private static readonly string Folder = Repository.PathTo("testvectors");

    private static IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Files))]
    public void Check_Vector_GivesTheExpectedOutcome(string file)
    {
        var vector = Read(file);
        var verifier = new LicenseVerifier(vector.Roots, vector.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(vector.Now) });

        Assert.That(verifier.Check(vector.Code, vector.Fingerprints).Outcome, Is.EqualTo(vector.Expect));
        Assert.That(verifier.Check(vector.Code, vector.Fingerprints).Outcome, Is.EqualTo(vector.Expect), "again");
    }

    [TestCaseSource(nameof(Files))]
    public void Check_VectorThroughTheNetStandardBuild_GivesTheSame(string file)
    {
        var vector = Read(file);
        var verifier = new LicenseVerifier(vector.Roots, vector.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(vector.Now) });
        var here = verifier.Check(vector.Code, vector.Fingerprints);

        var (outcome, texts) = NetStandardVerifier.Check(vector);

        Assert.That(outcome, Is.EqualTo($"{vector.Expect}"));
        Assert.That(texts, Is.EqualTo(string.Join(
            '\n',
            here.GetEvidence(LicenseLanguage.English), here.GetEvidence(LicenseLanguage.Chinese),
            here.GetAdvice(LicenseLanguage.English), here.GetAdvice(LicenseLanguage.Chinese))));
    }

    [Test]
    public void NetStandardBuild_Loaded_IsReallyTheOtherOne() =>
        Assert.That(NetStandardVerifier.TargetFramework, Is.EqualTo(".NETStandard,Version=v2.0"));

    [TestCase("expect: Valid\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\nexpekt: Valid\n\nx")]
    [TestCase("expect: Good\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\n\nx")]
    [TestCase("expect: 1\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\n\nx")]
    [TestCase("expect: Valid\nnow: 2026-06-01\nproduct: p\nroot: r\n\nx")]
    [TestCase("expect: Valid\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\nx")]
    public void Parse_UnknownWordOrForm_Fails(string text) => Assert.That(() => TestVector.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void Files_EveryOutcome_HasAVector() =>
        Assert.That(Files.Select(file => Read(file).Expect).Distinct(), Is.EquivalentTo(Enum.GetValues<LicenseOutcome>()));

    [Test]
    public void Files_MadeAnewFromTheirSeeds_AreTheSame()
    {
        var made = Vectors().ToDictionary(entry => entry.Name + ".txt", entry => entry.Vector.ToText(entry.Comment));
        if (Environment.GetEnvironmentVariable("UPDATE_TESTVECTORS") == "1")
        {
            foreach (var (file, text) in made)
            {
                File.WriteAllText(Path.Combine(Folder, file), text);
            }
        }

        Assert.That(Files, Is.EquivalentTo(made.Keys));
        foreach (var (file, text) in made)
        {
            Assert.That(File.ReadAllText(Path.Combine(Folder, file)), Is.EqualTo(text), file);
        }
    }

    private static TestVector Read(string file) => TestVector.Parse(File.ReadAllText(Path.Combine(Folder, file)));

    private static IEnumerable<(string Name, string Comment, TestVector Vector)> Vectors()
    {
        yield return Vector("valid", "An ordinary code in its term.", LicenseOutcome.Valid, TestCodes.Valid());
        yield return Vector("valid-perpetual", "Without exp, a century after its certificate ended.", LicenseOutcome.Valid, TestCodes.Valid().Without("exp").Without("grace"), now: TestCodes.CertificateNotAfter + (100 * 31557600L));
        yield return Vector("valid-alg-ed25519", "The other name of the algorithm (RFC 9864).", LicenseOutcome.Valid, TestCodes.Valid().WithHeader("alg", "\"Ed25519\""));
        yield return Vector("valid-unknown-members", "Unknown claims and header members are ignored.", LicenseOutcome.Valid, TestCodes.Valid().WithHeader("x", "[null]").With("future", "{\"a\":[1,{\"b\":null}]}"));
        yield return Vector("valid-second-of-year-9999", "The last second that has a date.", LicenseOutcome.Valid, TestCodes.Valid().With("exp", KeyCertificate.LatestSecond), now: KeyCertificate.LatestSecond - 1);
        yield return Vector("valid-nbf-leeway", "Five minutes before nbf, to the second.", LicenseOutcome.Valid, TestCodes.Valid().With("nbf", TestCodes.Now + 300));
        yield return Vector("valid-unicode", "A name with Chinese characters and an escaped emoji.", LicenseOutcome.Valid, TestCodes.Valid().With("cn", "\"\u6d4b\u8bd5 \\uD83D\\uDE00\""));
        yield return Vector("valid-device", "Two of three properties are required and found; one fingerprint has white space around it.", LicenseOutcome.Valid, TestCodes.Valid().BoundTo("board", "disk", "mac").With("devk", 2).With("act", "true"), fingerprints: ["mac", "\tboard ", "other"]);
        yield return Vector("valid-second-root", "Any of the embedded roots will do.", LicenseOutcome.Valid, TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed), roots: [TestCodes.RootSeed, TestCodes.OtherRootSeed]);
        yield return Vector("valid-wrapped", "Broken over several lines, with spaces and tabs in between.", LicenseOutcome.Valid, TestCodes.Valid(), change: code => string.Join(" \t\n", code.Chunk(60).Select(line => new string(line))));
        yield return Vector("not-yet-valid", "One second too early for the leeway.", LicenseOutcome.NotYetValid, TestCodes.Valid().With("nbf", TestCodes.Now + 301));
        yield return Vector("frozen", "At exp, to the second.", LicenseOutcome.Frozen, TestCodes.Valid(), now: TestCodes.ExpiresAt);
        yield return Vector("frozen-last-second", "One second before exp + grace.", LicenseOutcome.Frozen, TestCodes.Valid(), now: TestCodes.ExpiresAt + TestCodes.GraceSeconds - 1);
        yield return Vector("expired", "At exp + grace, to the second.", LicenseOutcome.Expired, TestCodes.Valid(), now: TestCodes.ExpiresAt + TestCodes.GraceSeconds);
        yield return Vector("expired-no-grace", "Without grace the code expires at exp.", LicenseOutcome.Expired, TestCodes.Valid().Without("grace"), now: TestCodes.ExpiresAt);
        yield return Vector("wrong-product", "The product differs in the case of one letter.", LicenseOutcome.WrongProduct, TestCodes.Valid().With("aud", "\"com.example.Editor\""));
        yield return Vector("wrong-device", "One of two required properties is found, and given twice.", LicenseOutcome.WrongDevice, TestCodes.Valid().BoundTo("board", "disk", "mac").With("devk", 2), fingerprints: ["mac", "mac"]);
        yield return Vector("wrong-device-none-given", "Bound, and no fingerprint given.", LicenseOutcome.WrongDevice, TestCodes.Valid().BoundTo("board"));
        yield return Vector("test-license", "A test license where none is accepted.", LicenseOutcome.TestLicense, TestCodes.Valid().With("test", "true"));
        yield return Vector("clock-rolled-back", "One second more than 24 hours before iat.", LicenseOutcome.ClockRolledBack, TestCodes.Valid(), now: TestCodes.IssuedAt - 86401);
        yield return Vector("not-activated", "Demands activation and is not bound.", LicenseOutcome.NotActivated, TestCodes.Valid().With("act", "true"), fingerprints: ["board"]);
        yield return Vector("untrusted-root", "Certified by a root that is not embedded.", LicenseOutcome.UntrustedKey, TestCodes.Valid().CertifiedBy(TestCodes.OtherRootSeed));
        yield return Vector("untrusted-revoked", "The certificate revokes itself: serial 5, min-serial 6.", LicenseOutcome.UntrustedKey, TestCodes.Valid().WithSerial(5, minimumSerial: 6));
        yield return Vector("untrusted-kid", "kid is that of another key.", LicenseOutcome.UntrustedKey, TestCodes.Valid().WithHeader("kid", $"\"{TestCodes.KeyId(TestCodes.OtherIssuingSeed)}\""));
        yield return Vector("untrusted-usage", "The key may sign status lists only.", LicenseOutcome.UntrustedKey, TestCodes.Valid().WithUsages(KeyUsages.StatusLists));
        yield return Vector("untrusted-before-window", "iat is one second before not-before.", LicenseOutcome.UntrustedKey, TestCodes.Valid().With("iat", TestCodes.CertificateNotBefore - 1));
        yield return Vector("untrusted-at-not-after", "iat is not-after.", LicenseOutcome.UntrustedKey, TestCodes.Valid().With("iat", TestCodes.CertificateNotAfter).Without("exp").Without("grace"));
        yield return Vector(
            "bad-signature", "Signed by another key than the certified one.", LicenseOutcome.BadSignature,
            TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).Certifying(TestCodes.PublicKey(TestCodes.IssuingSeed)));
        yield return Vector("bad-signature-payload", "The payload is that of another code.", LicenseOutcome.BadSignature, TestCodes.Valid(), change: code => $"{code.Split('.')[0]}.{TestCodes.Valid().With("qty", 6).Build().Split('.')[1]}.{code.Split('.')[2]}");
        yield return Vector("bad-signature-s-plus-l", "The signature's S with the group order added.", LicenseOutcome.BadSignature, TestCodes.Valid().ChangeSignature(TestCodes.AddGroupOrder));
        yield return Vector("malformed-empty", "No text.", LicenseOutcome.Malformed, TestCodes.Valid(), change: _ => "");
        yield return Vector("malformed-two-parts", "The signature is missing.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code[..code.LastIndexOf('.')]);
        yield return Vector("malformed-cut-off", "The last character is missing.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code[..^1]);
        yield return Vector("malformed-padding-bits", "The unused bits of the last character are not zero.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code[..^1] + (char)(code[^1] + 1));
        yield return Vector("malformed-padding", "With padding.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code + "==");
        yield return Vector("malformed-no-break-space", "White space that is not ASCII.", LicenseOutcome.Malformed, TestCodes.Valid(), change: code => code + "\u00a0");
        yield return Vector("malformed-too-long", "More than 8 KiB.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", $"\"{new string('x', 6144)}\""));
        yield return Vector("malformed-alg-none", "alg is none.", LicenseOutcome.Malformed, TestCodes.Valid().WithHeader("alg", "\"none\""));
        yield return Vector("malformed-typ", "typ is JWT.", LicenseOutcome.Malformed, TestCodes.Valid().WithHeader("typ", "\"JWT\""));
        yield return Vector("malformed-crit", "A critical extension.", LicenseOutcome.Malformed, TestCodes.Valid().WithHeader("crit", "[\"exp\"]"));
        yield return Vector("malformed-certificate-size", "A certificate of 121 bytes.", LicenseOutcome.Malformed, TestCodes.Valid().ChangeCertificate(certificate => certificate[..121]));
        yield return Vector("malformed-certified-small-order-key", "The certified key is a point of small order.", LicenseOutcome.Malformed, TestCodes.Valid().Certifying(new byte[32]));
        yield return Vector("malformed-repeated-claim", "qty twice, once with an escape.", LicenseOutcome.Malformed, TestCodes.Valid().With("q\\u0074y", "6"));
        yield return Vector("malformed-repeated-deep", "A name twice in an unknown claim.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "[{\"a\":{\"b\":1,\"b\":2}}]"));
        yield return Vector("malformed-fraction", "exp with a fraction.", LicenseOutcome.Malformed, TestCodes.Valid().With("exp", "1798761600.0"));
        yield return Vector("malformed-exponent", "exp with an exponent.", LicenseOutcome.Malformed, TestCodes.Valid().With("exp", "17987616e2"));
        yield return Vector("malformed-minus-zero", "A number that is -0.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "-0"));
        yield return Vector("malformed-beyond-64-bits", "A number that does not fit.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "9223372036854775808"));
        yield return Vector("malformed-lone-surrogate", "Half a character, by an escape.", LicenseOutcome.Malformed, TestCodes.Valid().With("cn", "\"\\ud800\""));
        yield return Vector("malformed-utf8", "An overlong form.", LicenseOutcome.Malformed, TestCodes.Valid().WithPayloadBytes([.. "{\"iss\":\""u8, 0xC0, 0x80, .. "\"}"u8]));
        yield return Vector("malformed-depth", "Nine levels.", LicenseOutcome.Malformed, TestCodes.Valid().With("x", "[[[[[[[[]]]]]]]]"));
        yield return Vector("malformed-trailing", "Something behind the payload's object.", LicenseOutcome.Malformed, TestCodes.Valid().WithPayload("{} {}"));
        yield return Vector("malformed-missing-claim", "No qty.", LicenseOutcome.Malformed, TestCodes.Valid().Without("qty"));
        yield return Vector("malformed-audience-list", "aud is an array.", LicenseOutcome.Malformed, TestCodes.Valid().With("aud", $"[\"{TestCodes.Product}\"]"));
        yield return Vector("malformed-year-10000", "exp after the year 9999.", LicenseOutcome.Malformed, TestCodes.Valid().With("exp", KeyCertificate.LatestSecond + 1));
        yield return Vector("malformed-grace", "grace of 15 days and a second.", LicenseOutcome.Malformed, TestCodes.Valid().With("grace", TestCodes.GraceSeconds + 1));
        yield return Vector("malformed-nine-devices", "More than eight device ids.", LicenseOutcome.Malformed, TestCodes.Valid().BoundTo([.. Enumerable.Range(1, 9).Select(i => $"device {i}")]));
        yield return Vector("malformed-test-false", "A flag that is written out as false.", LicenseOutcome.Malformed, TestCodes.Valid().With("test", "false"));
        yield return Vector("malformed-entitlement", "An entitlement that is an object.", LicenseOutcome.Malformed, TestCodes.Valid().With("ent", "{\"a\":{}}"));
    }

    private static (string Name, string Comment, TestVector Vector) Vector(
        string name, string comment, LicenseOutcome expect, TestCodes code, long now = TestCodes.Now, byte[]? roots = null,
        string[]? fingerprints = null, Func<string, string>? change = null)
    {
        var text = code.Build();
        return (name, comment, new TestVector(
            expect, DateTimeOffset.FromUnixTimeSeconds(now), TestCodes.Product, [.. (roots ?? [TestCodes.RootSeed]).Select(TestCodes.RootLine)],
            fingerprints ?? [], change?.Invoke(text) ?? text));
    }
}
