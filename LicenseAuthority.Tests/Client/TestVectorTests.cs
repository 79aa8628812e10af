using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Codes;
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
        var verifier = new LicenseVerifier(vector.Roots, vector.Product, vector.Options);

        var list = verifier.CheckStatusList(vector.List);

        Assert.That(list.Outcome, Is.EqualTo(vector.List is null ? LicenseOutcome.Malformed : vector.ExpectList), list.GetEvidence(LicenseLanguage.English));
        Assert.That(verifier.Check(vector.Code, list.List, vector.Fingerprints).Outcome, Is.EqualTo(vector.Expect));
        Assert.That(verifier.Check(vector.Code, list.List, vector.Fingerprints).Outcome, Is.EqualTo(vector.Expect), "again");
    }

    [TestCaseSource(nameof(Files))]
    public void Check_VectorThroughTheNetStandardBuild_GivesTheSame(string file)
    {
        var vector = Read(file);
        var verifier = new LicenseVerifier(vector.Roots, vector.Product, vector.Options);
        var list = verifier.CheckStatusList(vector.List);
        var here = verifier.Check(vector.Code, list.List, vector.Fingerprints);

        var (outcome, texts, listOutcome) = NetStandardVerifier.Check(vector);

        Assert.That(outcome, Is.EqualTo($"{vector.Expect}"));
        Assert.That(listOutcome, Is.EqualTo($"{list.Outcome}"));
        Assert.That(texts, Is.EqualTo(string.Join(
            '\n',
            here.GetEvidence(LicenseLanguage.English), here.GetEvidence(LicenseLanguage.Chinese),
            here.GetAdvice(LicenseLanguage.English), here.GetAdvice(LicenseLanguage.Chinese),
            here.GetReport(LicenseLanguage.English), here.GetReport(LicenseLanguage.Chinese))));
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
        var made = Vectors().Concat(StatusVectors()).ToDictionary(entry => entry.Name + ".txt", entry => entry.Vector.ToText(entry.Comment));
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
        yield return Vector(
            "untrusted-uncertified-small-order-key", "The certified key is a point of small order, and the root is unknown: that is said first.", LicenseOutcome.UntrustedKey,
            TestCodes.Valid().Certifying(new byte[32]).CertifiedBy(TestCodes.OtherRootSeed));
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

    private static IEnumerable<(string Name, string Comment, TestVector Vector)> StatusVectors()
    {
        const long Day = 86400;
        var (now, made, end) = (TestCodes.Now, TestStatusLists.IssuedAt, TestStatusLists.ExpiresAt);
        yield return Listed("list-valid", "Entry 0 of a fresh list, demanded.", LicenseOutcome.Valid, TestStatusLists.With(0), requireStatus: true);
        yield return Listed(
            "list-last-second", "One second before the list's exp, demanded.", LicenseOutcome.Valid, TestStatusLists.With(0), now: end - 1, requireStatus: true);
        yield return Listed("list-ended", "At the list's exp, demanded.", LicenseOutcome.StatusListTooOld, TestStatusLists.With(0), now: end, requireStatus: true);
        yield return Listed("list-ended-not-demanded", "At the list's exp, not demanded.", LicenseOutcome.Valid, TestStatusLists.With(0), now: end);
        yield return Listed(
            "list-max-age-last-second", "One second younger than the host allows.", LicenseOutcome.Valid,
            TestStatusLists.With(0), now: made + (7 * Day) - 1, requireStatus: true, maxAge: 7 * Day);
        yield return Listed(
            "list-max-age", "As old as the host allows, to the second.", LicenseOutcome.StatusListTooOld,
            TestStatusLists.With(0), now: made + (7 * Day), requireStatus: true, maxAge: 7 * Day);
        yield return Listed("list-revoked", "Entry 1.", LicenseOutcome.Revoked, TestStatusLists.With(1));
        yield return Listed(
            "list-revoked-old-list", "Entry 1 of a list that ended: it denies at any age.", LicenseOutcome.Revoked, TestStatusLists.With(1), now: end + (90 * Day));
        yield return Listed(
            "list-revoked-and-frozen", "Entry 1, at the code's exp: Revoked comes before Frozen.", LicenseOutcome.Revoked,
            TestStatusLists.With(1), now: TestCodes.ExpiresAt);
        yield return Listed(
            "list-revoked-and-expired", "Entry 1, at exp + grace: Expired comes before Revoked.", LicenseOutcome.Expired,
            TestStatusLists.With(1), now: TestCodes.ExpiresAt + TestCodes.GraceSeconds);
        yield return Listed("list-suspended", "Entry 2.", LicenseOutcome.Suspended, TestStatusLists.With(2));
        yield return Listed("list-suspended-old-list", "Entry 2 of a list that ended.", LicenseOutcome.Suspended, TestStatusLists.With(2), now: end, requireStatus: true);
        yield return Listed(
            "list-suspended-and-frozen", "Entry 2, at the code's exp: Frozen comes before Suspended.", LicenseOutcome.Frozen,
            TestStatusLists.With(2), now: TestCodes.ExpiresAt);
        yield return Listed("list-entry-3", "Entry 3 reads as suspended.", LicenseOutcome.Suspended, TestStatusLists.With(3));
        yield return Listed("list-none", "No list, demanded.", LicenseOutcome.StatusListTooOld, null, requireStatus: true);
        yield return Listed("list-none-not-demanded", "No list, not demanded.", LicenseOutcome.Valid, null);
        yield return Listed(
            "list-code-names-none", "The code names no list, demanded.", LicenseOutcome.StatusListTooOld,
            TestStatusLists.With(0), TestCodes.Valid().Without("status"), requireStatus: true);
        yield return Listed(
            "list-other-uri", "Entry 1 of another list, whose URI differs in one letter's case.", LicenseOutcome.Valid,
            TestStatusLists.With(1).With("sub", $"\"{TestStatusLists.Uri.Replace("licensee", "Licensee", StringComparison.Ordinal)}\""));
        yield return Listed(
            "list-index-out-of-range", "The list has no entry for the code: it does not count.", LicenseOutcome.StatusListTooOld, TestStatusLists.With(0),
            TestCodes.Valid().With("status", $$$"""{"status_list":{"idx":1048576,"uri":"{{{TestStatusLists.Uri}}}"}}"""), requireStatus: true);
        yield return Listed(
            "list-other-authority", "By a key that another root certified.", LicenseOutcome.Valid,
            TestStatusLists.With(1).CertifiedBy(TestCodes.OtherRootSeed), listOutcome: LicenseOutcome.UntrustedKey);
        yield return Listed(
            "list-without-usage", "By a key that may sign codes only.", LicenseOutcome.Valid,
            TestStatusLists.With(1).WithUsages(KeyUsages.LicenseCodes), listOutcome: LicenseOutcome.UntrustedKey);
        yield return Listed(
            "list-revoked-key", "By a key below the min-serial that the code's certificate brings: a good list until the code was read.", LicenseOutcome.StatusListTooOld, TestStatusLists.With(0),
            TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1), requireStatus: true);
        yield return Listed(
            "list-brings-the-news", "The list's certificate revokes the key of the code.", LicenseOutcome.UntrustedKey,
            TestStatusLists.With(0).SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1));
        yield return Listed(
            "list-after-certificate", "The list's exp is one second after not-after.", LicenseOutcome.Valid,
            TestStatusLists.With(1).WithWindow(TestCodes.CertificateNotBefore, end - 1), listOutcome: LicenseOutcome.UntrustedKey);
        yield return Listed(
            "list-too-small", "One byte less than a list has.", LicenseOutcome.Valid,
            TestStatusLists.Fresh(lst: TestStatusLists.Zlib(TestStatusLists.Entries(1)[..^1])), listOutcome: LicenseOutcome.Malformed);
        yield return Listed(
            "list-too-large", "A megabyte: a verifier stops in time.", LicenseOutcome.Valid,
            TestStatusLists.Fresh(lst: TestStatusLists.Zlib(new byte[1 << 20])), listOutcome: LicenseOutcome.Malformed);
        yield return Listed(
            "list-trailing", "A byte behind the compressed entries.", LicenseOutcome.Valid,
            TestStatusLists.Fresh(lst: [.. TestStatusLists.Zlib(TestStatusLists.Entries(1)), 0]), listOutcome: LicenseOutcome.Malformed);
        yield return Listed(
            "list-clock-back", "One second more than 24 hours before the list was made, long after the code was.", LicenseOutcome.ClockRolledBack,
            TestStatusLists.With(0), now: made - Day - 1);
        yield return Vector("lease-last-second", "One second before the lease's end.", LicenseOutcome.Valid, Leased(), now: now + Day - 1);
        yield return Vector("lease-ended", "At the lease's end, to the second; the license goes on.", LicenseOutcome.Frozen, Leased(), now: now + Day);
        yield return Vector(
            "lease-ended-long-ago", "A month after the lease's end, without grace by then; the license goes on.", LicenseOutcome.Frozen,
            Leased(), now: now + (31 * Day));
        yield return Vector(
            "lease-term-ended", "At the license's own end and without grace.", LicenseOutcome.Expired, Leased().Without("grace"), now: TestCodes.ExpiresAt);
        yield return Vector(
            "lease-perpetual", "A lease on a perpetual license, a century later.", LicenseOutcome.Frozen,
            Leased().Without("term").Without("grace"), now: now + (100 * 31557600L));
        yield return Vector("lease-without-end", "A lease without exp.", LicenseOutcome.Malformed, Leased().Without("exp"));
        yield return Vector("lease-term-before-end", "A term that ends before the lease.", LicenseOutcome.Malformed, Leased().With("term", now + Day - 1));
        yield return Vector("lease-term-without-lease", "A term without a lease.", LicenseOutcome.Malformed, TestCodes.Valid().With("term", TestCodes.ExpiresAt));
        yield return Required("device-required", "The host demands a bound code, and this one is not.", LicenseOutcome.NotActivated, TestCodes.Valid());
        yield return Required("device-required-and-bound", "The host demands a bound code.", LicenseOutcome.Valid, TestCodes.Valid().BoundTo("board"));
        yield return InFile("lic-code", "A license file with a code.", LicenseOutcome.Valid, LicenseFileWriter.Write(TestCodes.Valid().Build(), null));
        yield return InFile(
            "lic-code-and-list", "A license file with a code and a list that revokes it.", LicenseOutcome.Revoked,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), TestStatusLists.With(1).Build()));
        yield return InFile(
            "lic-quoted-mail", "A license file in a quoted mail, with a byte order mark, CR and text around it.", LicenseOutcome.Valid,
            "\ufeffOn Monday somebody wrote:\r\n> " + LicenseFileWriter.Write(TestCodes.Valid().Build(), null).Replace("\n", "\r\n> ", StringComparison.Ordinal) + "\r\n> Regards\r\n");
        yield return InFile(
            "lic-one-line", "A license file whose line breaks were lost.", LicenseOutcome.Valid,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), null).Replace('\n', ' '));
        yield return InFile(
            "lic-bare-code", "A code by itself, wrapped, with a byte order mark.", LicenseOutcome.Valid,
            "\ufeff" + string.Join("\r\n", TestCodes.Valid().Build().Chunk(76).Select(line => new string(line))));
        yield return InFile(
            "lic-two-codes", "Two codes: nobody can say which one counts.", LicenseOutcome.Malformed,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), null) + LicenseFileWriter.Write(TestCodes.Valid().With("gen", 2).Build(), null));
        yield return InFile(
            "lic-half-armor", "The end is missing.", LicenseOutcome.Malformed,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), null).Replace("-----END LICENSE CODE-----", "", StringComparison.Ordinal));

        static TestCodes Leased() => TestCodes.Valid().With("exp", TestCodes.Now + Day).With("lease", "true").With("term", TestCodes.ExpiresAt);
    }

    private static (string Name, string Comment, TestVector Vector) Listed(
        string name, string comment, LicenseOutcome expect, TestCodes? list, TestCodes? code = null, long now = TestCodes.Now, bool requireStatus = false,
        long? maxAge = null, LicenseOutcome listOutcome = LicenseOutcome.Valid)
    {
        var (_, _, vector) = Vector(name, comment, expect, code ?? TestCodes.Valid(), now);
        return (name, comment, vector with
        {
            StatusList = list?.Build(), RequireStatus = requireStatus, MaxStatusAge = maxAge is { } age ? TimeSpan.FromSeconds(age) : null, ExpectList = listOutcome,
        });
    }

    private static (string Name, string Comment, TestVector Vector) Required(string name, string comment, LicenseOutcome expect, TestCodes code)
    {
        var (_, _, vector) = Vector(name, comment, expect, code, fingerprints: ["board"]);
        return (name, comment, vector with { RequireDevice = true });
    }

    private static (string Name, string Comment, TestVector Vector) InFile(string name, string comment, LicenseOutcome expect, string file)
    {
        var (_, _, vector) = Vector(name, comment, expect, TestCodes.Valid(), change: _ => file);
        return (name, comment, vector with { IsFile = true });
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
