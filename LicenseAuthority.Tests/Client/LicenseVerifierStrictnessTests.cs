using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseVerifierStrictnessTests : LicenseVerifierTestBase
{
    private const string Id = "AAAAAAAAAAAAAAAAAAAAAA";

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" \t\r\n")]
    public void Check_NoText_IsMalformed(string? code) => AssertRefused(code, CodeFaultReason.Empty);

    [Test]
    public void Check_AsciiWhiteSpaceAnywhere_IsIgnored()
    {
        var code = TestCodes.Valid().Build();
        var wrapped = string.Join("\r\n", code.Chunk(64).Select(line => new string(line)));
        string[] spellings = [$" \t{code}\r\n", wrapped, wrapped.Replace(".", " . ", StringComparison.Ordinal), string.Join('\t', code.ToCharArray())];

        foreach (var spelling in spellings)
        {
            Assert.That(Verifier.Check(spelling).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        }
    }

    [TestCase('\u00a0')]
    [TestCase('\u3000')]
    [TestCase('\u200b')]
    [TestCase('\ufeff')]
    [TestCase('\u000b')]
    [TestCase('\u000c')]
    [TestCase('\0')]
    [TestCase('=')]
    [TestCase('+')]
    [TestCase('"')]
    public void Check_AnyOtherCharacterInside_IsMalformed(char character)
    {
        var code = TestCodes.Valid().Build();

        AssertRefused(code + character, CodeFaultReason.ForeignCharacter);
        AssertRefused(character + code, CodeFaultReason.ForeignCharacter);
        AssertRefused(code.Insert(code.IndexOf('.', StringComparison.Ordinal) + 9, $"{character}"), CodeFaultReason.ForeignCharacter);
    }

    [Test]
    public void Check_OtherNumberOfParts_IsMalformed()
    {
        var parts = TestCodes.Valid().Build().Split('.');
        string[] texts = ["x", parts[0], $"{parts[0]}.{parts[1]}", $"{parts[0]}.{parts[1]}.{parts[2]}.", $".{parts[0]}.{parts[1]}.{parts[2]}", "...", "a.b.c.d.e"];

        foreach (var text in texts)
        {
            AssertRefused(text, CodeFaultReason.NotThreeParts);
        }
    }

    [Test]
    public void Check_EmptyPart_IsMalformed()
    {
        var parts = TestCodes.Valid().Build().Split('.');

        AssertRefused($"{parts[0]}.{parts[1]}.", CodeFaultReason.SignatureSize);
        AssertRefused($".{parts[1]}.{parts[2]}", CodeFaultReason.InvalidJson);
        AssertRefused($"{parts[0]}..{parts[2]}", CodeFaultReason.SignatureMismatch);
    }

    [Test]
    public void Check_SecondSpellingOfTheSameBytes_IsMalformed()
    {
        // 64 bytes end in a character with four unused bits: fifteen other characters would decode alike if they were let through.
        var code = TestCodes.Valid().Build();
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Alphabet.IndexOf(code[^1], StringComparison.Ordinal);

        for (var bits = 1; bits < 16; bits++)
        {
            AssertRefused(code[..^1] + Alphabet[last + bits], CodeFaultReason.InvalidBase64Url);
        }
    }

    [TestCase(63)]
    [TestCase(65)]
    [TestCase(0)]
    public void Check_SignatureOfOtherSize_IsMalformed(int size) => AssertRefused(
        TestCodes.Valid().ChangeSignature(signature => [.. signature.Concat(signature).Take(size)]).Build(), CodeFaultReason.SignatureSize);

    [Test]
    public void Check_LengthLimits_CountWithoutAndWithWhiteSpace()
    {
        // Grows a claim that nobody knows until the code has exactly the longest length.
        var filler = CodeText.MaximumLength * 3 / 4;
        string code;
        do
        {
            code = TestCodes.Valid().With("x", $"\"{new string('x', --filler)}\"").Build();
        }
        while (code.Length > CodeText.MaximumLength);

        Assert.That(code, Has.Length.InRange(CodeText.MaximumLength - 1, CodeText.MaximumLength));
        Assert.That(Verifier.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(Verifier.Check(string.Join(' ', code.ToCharArray())).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        AssertRefused(TestCodes.Valid().With("x", $"\"{new string('x', filler + 4)}\"").Build(), CodeFaultReason.TooLong);
        AssertRefused(code + new string(' ', CodeText.MaximumRawLength), CodeFaultReason.TooLong);
        AssertRefused(new string('A', 10_000_000), CodeFaultReason.TooLong);
    }

    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    public void Check_BothNamesOfTheAlgorithm_AreAccepted(string name) =>
        Assert.That(OutcomeOf(TestCodes.Valid().WithHeader("alg", $"\"{name}\"")), Is.EqualTo(LicenseOutcome.Valid));

    [TestCase("\"none\"")]
    [TestCase("\"HS256\"")]
    [TestCase("\"ES256\"")]
    [TestCase("\"eddsa\"")]
    [TestCase("\"Ed448\"")]
    [TestCase("null")]
    [TestCase("1")]
    [TestCase("[\"EdDSA\"]")]
    public void Check_OtherAlgorithm_IsMalformed(string json) =>
        AssertRefused(TestCodes.Valid().WithHeader("alg", json).Build(), CodeFaultReason.InvalidMember, "alg");

    [TestCase("\"JWT\"")]
    [TestCase("\"License+JWT\"")]
    [TestCase("\"application/license+jwt\"")]
    [TestCase("\"statuslist+jwt\"")]
    [TestCase("\"\"")]
    [TestCase("true")]
    public void Check_OtherType_IsMalformed(string json) =>
        AssertRefused(TestCodes.Valid().WithHeader("typ", json).Build(), CodeFaultReason.InvalidMember, "typ");

    [TestCase("alg")]
    [TestCase("typ")]
    [TestCase("kid")]
    [TestCase("cert")]
    public void Check_HeaderMemberMissing_IsMalformed(string member) =>
        AssertRefused(TestCodes.Valid().WithHeader(member, null).Build(), CodeFaultReason.MissingMember, member);

    [TestCase("[]")]
    [TestCase("[\"b64\"]")]
    [TestCase("null")]
    public void Check_CriticalExtension_IsMalformed(string json) =>
        AssertRefused(TestCodes.Valid().WithHeader("crit", json).Build(), CodeFaultReason.CriticalExtension, "crit");

    [Test]
    public void Check_UnknownHeaderMemberOrClaim_IsIgnored()
    {
        Assert.That(
            OutcomeOf(TestCodes.Valid().WithHeader("jwk", "{\"kty\":\"OKP\"}").WithHeader("x", "[null,1]").With("future", "{\"a\":[1,{}],\"b\":null}")),
            Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_EscapedNamesAndJsonWhiteSpace_AreReadLikePlainOnes()
    {
        var code = TestCodes.Valid().Without("qty").With("\\u0071ty", " 7\n").Build();

        Assert.That(Verifier.Check(code).License?.Quantity, Is.EqualTo(7));
    }

    [TestCase("cert", "\"\"")]
    [TestCase("cert", "1")]
    [TestCase("kid", "\"0123456789abcdefg\"")]
    [TestCase("kid", "{}")]
    public void Check_HeaderMemberOfOtherForm_IsMalformed(string member, string json) =>
        AssertRefused(TestCodes.Valid().WithHeader(member, json).Build(), CodeFaultReason.InvalidMember, member);

    [TestCase("iss")]
    [TestCase("aud")]
    [TestCase("sub")]
    [TestCase("gen")]
    [TestCase("iat")]
    [TestCase("cus")]
    [TestCase("qty")]
    public void Check_RequiredClaimMissing_IsMalformed(string claim) =>
        AssertRefused(TestCodes.Valid().Without(claim).Build(), CodeFaultReason.MissingMember, claim);

    [TestCase("iss", "\"\"")]
    [TestCase("iss", "1")]
    [TestCase("aud", "\"\"")]
    [TestCase("aud", "[\"com.example.editor\"]")]
    [TestCase("sub", "null")]
    [TestCase("sub", "\"lic_012345678901234567890123456789012345678901234567890123456789x\"")]
    [TestCase("gen", "0")]
    [TestCase("gen", "-1")]
    [TestCase("gen", "2147483648")]
    [TestCase("gen", "\"1\"")]
    [TestCase("iat", "\"1767225600\"")]
    [TestCase("nbf", "true")]
    [TestCase("exp", "null")]
    [TestCase("grace", "-1")]
    [TestCase("grace", "1296001")]
    [TestCase("grace", "\"15d\"")]
    [TestCase("cus", "\"\"")]
    [TestCase("cus", "17")]
    [TestCase("cn", "\"\"")]
    [TestCase("cn", "[]")]
    [TestCase("qty", "0")]
    [TestCase("qty", "10000000")]
    [TestCase("qty", "-5")]
    [TestCase("qty", "\"5\"")]
    [TestCase("ent", "[]")]
    [TestCase("ent", "null")]
    [TestCase("ent", "{\"a\":null}")]
    [TestCase("ent", "{\"a\":{}}")]
    [TestCase("ent", "{\"a\":[1]}")]
    [TestCase("ent", "{\"a\":[\"x\",true]}")]
    [TestCase("ent", "{\"a\":[[]]}")]
    [TestCase("dev", "[]")]
    [TestCase("dev", "\"" + Id + "\"")]
    [TestCase("dev", "{}")]
    [TestCase("dev", "[1]")]
    [TestCase("dev", "[\"\"]")]
    [TestCase("dev", "[\"" + Id + "\",\"" + Id + "\"]")]
    [TestCase("dev", "[\"AAAAAAAAAAAAAAAAAAAAAB\"]")]
    [TestCase("dev", "[\"AAAAAAAAAAAAAAAAAAAAA\"]")]
    [TestCase("dev", "[\"AAAAAAAAAAAAAAAAAAAAAAA\"]")]
    [TestCase("devk", "1")]
    [TestCase("test", "false")]
    [TestCase("test", "1")]
    [TestCase("test", "\"true\"")]
    [TestCase("trial", "false")]
    [TestCase("trial", "null")]
    [TestCase("act", "false")]
    [TestCase("status", "{}")]
    [TestCase("status", "[]")]
    [TestCase("status", "{\"status_list\":[]}")]
    [TestCase("status", "{\"status_list\":{\"idx\":1}}")]
    [TestCase("status", "{\"status_list\":{\"uri\":\"x\"}}")]
    [TestCase("status", "{\"status_list\":{\"idx\":-1,\"uri\":\"x\"}}")]
    [TestCase("status", "{\"status_list\":{\"idx\":1,\"uri\":\"\"}}")]
    public void Check_ClaimOfWrongTypeOrRange_IsMalformed(string claim, string json) =>
        AssertRefused(TestCodes.Valid().With(claim, json).Build(), CodeFaultReason.InvalidMember, claim);

    [TestCase(0)]
    [TestCase(2)]
    public void Check_MoreMatchesRequiredThanDevices_IsMalformed(int required) =>
        AssertRefused(TestCodes.Valid().BoundTo("board").With("devk", required).Build(), CodeFaultReason.InvalidMember, "devk");

    [TestCase("gen", "2147483647")]
    [TestCase("qty", "9999999")]
    [TestCase("grace", "1296000")]
    [TestCase("grace", "0")]
    public void Check_ClaimAtItsLimit_IsAccepted(string claim, string json) =>
        Assert.That(OutcomeOf(TestCodes.Valid().With(claim, json)), Is.EqualTo(LicenseOutcome.Valid));

    [TestCase("x", "1.5", CodeFaultReason.InvalidNumber)]
    [TestCase("exp", "1798761600.0", CodeFaultReason.InvalidNumber)]
    [TestCase("exp", "17987616e2", CodeFaultReason.InvalidNumber)]
    [TestCase("exp", "99999999999999999999", CodeFaultReason.InvalidNumber)]
    [TestCase("qty", "05", CodeFaultReason.InvalidNumber)]
    [TestCase("x", "-0", CodeFaultReason.InvalidNumber)]
    [TestCase("x", "\"\\ud800\"", CodeFaultReason.InvalidUnicode)]
    [TestCase("x", "1,\"qty\":6", CodeFaultReason.RepeatedMember)]
    [TestCase("x", "1,\"q\\u0074y\":6", CodeFaultReason.RepeatedMember)]
    [TestCase("x", "{\"a\":[{\"b\":1,\"b\":1}]}", CodeFaultReason.RepeatedMember)]
    [TestCase("x", "[[[[[[[[]]]]]]]]", CodeFaultReason.TooDeep)]
    [TestCase("x", "1}, {}", CodeFaultReason.TrailingBytes)]
    [TestCase("x", "1,", CodeFaultReason.InvalidJson)]
    public void Check_SloppyJson_IsMalformedInPayloadAndHeader(string name, string json, object reason)
    {
        AssertRefused(TestCodes.Valid().With(name, json).Build(), (CodeFaultReason)reason);
        if (name == "x" && !json.Contains("y\"", StringComparison.Ordinal))
        {
            AssertRefused(TestCodes.Valid().WithHeader(name, json).Build(), (CodeFaultReason)reason);
        }
    }

    [Test]
    public void Check_SevenLevelsInAnUnknownClaim_IsAccepted() =>
        Assert.That(OutcomeOf(TestCodes.Valid().With("x", "[[[[[[[]]]]]]]")), Is.EqualTo(LicenseOutcome.Valid));

    [Test]
    public void Check_InvalidUtf8InPayload_IsMalformed() => AssertRefused(
        TestCodes.Valid().WithPayloadBytes([.. "{\"iss\":\""u8, 0xC0, 0x80, .. "\"}"u8]).Build(), CodeFaultReason.InvalidUnicode);

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("\"x\"")]
    [TestCase("5")]
    public void Check_PayloadOrHeaderIsNoObject_IsMalformed(string json)
    {
        AssertRefused(TestCodes.Valid().WithPayload(json).Build(), CodeFaultReason.NotAnObject);
        AssertRefused(TestCodes.Valid().WithHeaderBytes(Encoding.UTF8.GetBytes(json)).Build(), CodeFaultReason.NotAnObject);
    }

    [Test]
    public void Check_PayloadNotJsonAndSignatureBad_SaysBadSignatureOnly()
    {
        // Nothing of the payload may be interpreted before the signature is good.
        var code = TestCodes.Valid().WithPayload("}{").ChangeSignature(signature => [.. signature.Reverse()]);

        Assert.That(OutcomeOf(code), Is.EqualTo(LicenseOutcome.BadSignature));
    }
}
