using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Marketplaces;

namespace LicenseAuthority.Tests.Marketplaces;

/// <summary>What of a call may be stored. Each secret here is searched for in the whole of what is kept.</summary>
internal sealed class CallRedactionTests
{
    private const string Secret = "hunter2-do-not-keep";

    // The form of a license code: three parts in base64url.
    private const string Code =
        "eyJhbGciOiJFZERTQSIsInR5cCI6ImxpY2Vuc2Urand0Iiwia2lkIjoiMTIzNCJ9.eyJpc3MiOiJodHRwczovL2xpY2Vuc2UuZXhhbXBsZS5jb20iLCJhdWQiOiJlZGl0b3IifQ.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmUtc2lnbmF0dXJl";

    private static readonly string Body = Code[..^4];

    [TestCase("authToken")]
    [TestCase("AuthToken")]
    [TestCase("AUTHTOKEN")]
    [TestCase("auth_token")]
    [TestCase("auth-token")]
    [TestCase("Auth Token")]
    [TestCase("ａｕｔｈＴｏｋｅｎ")]
    [TestCase("signature")]
    [TestCase("Body-Sign")]
    [TestCase("x-sign")]
    [TestCase("sign")]
    [TestCase("ak")]
    [TestCase("SK")]
    [TestCase("accessKey")]
    [TestCase("Access_Key_Id")]
    [TestCase("secretAccessKey")]
    [TestCase("Authorization")]
    [TestCase("password")]
    [TestCase("customerName")]
    [TestCase("CustomerName")]
    [TestCase("customer_name")]
    [TestCase("userName")]
    [TestCase("mobilePhone")]
    [TestCase("email")]
    [TestCase("thirdPartyAccount")]
    [TestCase("saasExtendParams")]
    public void Member_SecretOrName_IsLeftOutWhereverItStands(string name)
    {
        string[] values = ["\"" + Secret + "\"", "[\"" + Secret + "\"]", "{\"a\":\"" + Secret + "\"}", "[[{\"b\":[\"" + Secret + "\"]}]]"];
        foreach (var value in values)
        {
            string[] bodies =
            [
                $$"""{"{{name}}":{{value}},"orderId":"CS1"}""",
                $$$"""{"orderId":"CS1","data":{"{{{name}}}":{{{value}}}}}""",
                $$$"""{"orderId":"CS1","list":[1,{"deep":[{"{{{name}}}":{{{value}}}}]}]}""",
                $$"""{"orderId":"CS1","text":{{JsonSerializer.Serialize($$"""{"{{name}}":{{value}}}""")}}}""",
                $$"""{"orderId":"CS1","text":{{JsonSerializer.Serialize(JsonSerializer.Serialize($$"""[{"{{name}}":{{value}}}]"""))}}}""",
            ];
            foreach (var body in bodies)
            {
                var kept = Keep(body);

                Assert.That(kept, Does.Not.Contain(Secret).And.Contain("CS1"), body);
            }
        }
    }

    [Test]
    public void Member_AfterMoreNamesThanAreRemembered_IsJudgedAllTheSame()
    {
        for (var i = 0; i < 3000; i++)
        {
            Assert.That(Keep($$"""{"a{{i}}":1,"b{{i}}Token":"{{Secret}}","license{{i}}":2}"""), Is.EqualTo($$"""{"a{{i}}":1,"license{{i}}":2}"""));
        }
    }

    [Test]
    public void Parameters_SecretOrName_AreLeftOut()
    {
        var kept = CallRedaction.ToJson(CallContent.FromParameters(
        [
            KeyValuePair.Create("activity", "getLicense"), KeyValuePair.Create("authToken", Secret), KeyValuePair.Create("AUTHTOKEN", Secret),
            KeyValuePair.Create("customerName", Secret), KeyValuePair.Create("customerId", "c-1001"), KeyValuePair.Create("orderId", "CS1"),
        ]));

        Assert.That(kept, Is.EqualTo("""{"activity":"getLicense","customerId":"c-1001","orderId":"CS1"}"""));
    }

    // As the marketplace's order query has them.
    [Test]
    public void Buyer_OnlyIdsStay()
    {
        var kept = Keep(
            $$$"""{"orderInfo":{"buyerInfo":{"customerId":"c-1","customerName":"{{{Secret}}}","anything":"{{{Secret}}}","more":[13800000000,"{{{Secret}}}"],"list":{"x":13800000000}},"orderType":"NEW"}}""");

        Assert.That(kept, Is.EqualTo("""{"orderInfo":{"buyerInfo":{"customerId":"c-1"},"orderType":"NEW"}}"""));
    }

    [TestCase("key", "value")]
    [TestCase("name", "value")]
    [TestCase("Name", "VALUE")]
    [TestCase("paramName", "paramValue")]
    public void Pair_OfANameAndAValue_IsJudgedByTheName(string name, string value)
    {
        var kept = Keep(
            $$"""{"extendParams":[{"{{name}}":"customerName","{{value}}":"{{Secret}}"},{"{{value}}":["{{Secret}}"],"{{name}}":"contact"},{"{{name}}":"region","{{value}}":"cn-north-4"}]}""");

        Assert.That(kept, Does.Not.Contain(Secret).And.Contain("cn-north-4"));
    }

    [TestCase("license")]
    [TestCase("License")]
    [TestCase("licenseCode")]
    [TestCase("license_code")]
    [TestCase("characters")]
    [TestCase("activationCode")]
    public void Code_InItsMember_KeepsItsLastFour(string name)
    {
        foreach (var code in new[] { Code, "PL-1234-5678-9ABC", "-----BEGIN LICENSE CODE-----\n" + Code })
        {
            var kept = Keep($$"""{"{{name}}":{{JsonSerializer.Serialize(code)}}}""");

            Assert.That(kept, Is.EqualTo($$"""{"{{name}}":"…{{code[^4..]}}"}"""));
        }
    }

    [Test]
    public void Code_ShortOrNotAText_IsNotShownByItsEnd()
    {
        Assert.That(Keep("""{"license":"12345678"}"""), Is.EqualTo("""{"license":"…"}"""));
        Assert.That(Keep("""{"license":1234567890123}"""), Is.EqualTo("""{"license":"…0123"}"""));
        Assert.That(Keep("""{"license":["PL-1234-5678-9ABC",{"text":"PL-1234-5678-9ABC","n":123456789012}],"x":null}"""), Is.EqualTo(
            """{"license":["…9ABC",{"text":"…9ABC","n":"…9012"}],"x":null}"""));
        Assert.That(Keep("""{"license":"{\"code\":\"PL-1234-5678-9ABC\"}"}"""), Does.Not.Contain("5678"));
    }

    [Test]
    public void Code_InAnUnexpectedMember_IsKnownByItsForm()
    {
        string[] texts =
        [
            Code, $"  {Code}\n", $"the code is {Code}.", $"\"{Code}\"", $"{Code};{Code}", Code[..^1], Code[..150], string.Concat(Code.Chunk(64).Select(line => new string(line) + "\r\n")),
            $"https://example.com/?code={Code}", "-----BEGIN LICENSE CODE-----\n" + Code + "\n-----END LICENSE CODE-----\n",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Code)), Convert.ToBase64String(Encoding.UTF8.GetBytes(Code)) + "==",
        ];
        foreach (var text in texts)
        {
            string[] bodies =
            [
                $$"""{"memo":{{JsonSerializer.Serialize(text)}}}""",
                $$"""{"list":[[{"memo":{{JsonSerializer.Serialize(text)}}}]]}""",
                $$"""{"text":{{JsonSerializer.Serialize($$"""{"memo":{{JsonSerializer.Serialize(text)}}}""")}}}""",
            ];
            foreach (var body in bodies)
            {
                var kept = Keep(body)!.Replace("\\r\\n", "", StringComparison.Ordinal);

                Assert.That(kept.Length, Is.LessThan(150), kept);
                Assert.That(kept, Does.Not.Contain(Body[..40]).And.Not.Contain(Body[^40..]).And.Not.Contain(Body[60..100]), text);
            }

            Assert.That(CallRedaction.Text(text)!.Length, Is.LessThan(100), text);
        }
    }

    // What stood beside its own member stayed: a code as an order's id, a name in a list, a text within a text.
    [TestCase("license", "PL-1234-5678-9ABC", "…9ABC")]
    [TestCase("customerName", "张三", "…")]
    [TestCase("mobilePhone", "13800000000", "…")]
    [TestCase("deviceFingerprint", "board-1;disk-2", null)]
    public void Secret_InAnotherMember_IsHiddenByItsValue(string name, string secret, string? shown)
    {
        shown ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..16];
        var escaped = string.Concat(secret.Select(static letter => $"\\u{(int)letter:x4}"));
        string[] values =
        [
            $"\"{secret}\"", $"\"{escaped}\"", $"[\"a {escaped} b\"]", $"[[1,{{\"y\":\"{secret.ToLowerInvariant()}\"}}]]", JsonSerializer.Serialize($"[\"{escaped}\"]"),
            JsonSerializer.Serialize($"it is {secret}."), $"{{\"{secret}\":1}}",
        ];
        foreach (var value in values)
        {
            var kept = Keep($$"""{"other":{{value}},"{{name}}":"{{secret}}","orderId":"CS1"}""");

            Assert.That(kept, Does.Not.Contain(secret).IgnoreCase.And.Not.Contain(escaped).And.Contain(shown).And.Contain("CS1"), value);
        }
    }

    [Test]
    public void Secret_OfDigits_IsHiddenInNumbersToo() =>
        Assert.That(Keep("""{"license":"1234567890","n":[12345678901,1234567890]}"""), Is.EqualTo("""{"license":"…7890","n":["…78901","…7890"]}"""));

    // It is found in any text.
    [TestCase("license", "0")]
    [TestCase("customerName", "Li")]
    public void Secret_ThatIsShort_HidesNothingElse(string name, string secret) =>
        Assert.That(Keep($$"""{"orderId":"CS{{secret}}1","{{name}}":"{{secret}}"}"""), Does.Contain($"CS{secret}1"));

    [Test]
    public void Code_AsTheNameOfAMember_IsCutToo() => Assert.That(Keep($$"""{"{{Code}}":1}"""), Is.EqualTo($$"""{"…{{Code[^4..]}}":1}"""));

    [TestCase("deviceFingerprint")]
    [TestCase("DeviceFingerprint")]
    [TestCase("device_fingerprint")]
    [TestCase("fingerprint")]
    [TestCase("hardwareCode")]
    public void Fingerprint_IsKeptAsADigest(string name)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("指纹 A;B")))[..16];

        Assert.That(Keep($$"""{"{{name}}":"指纹 A;B"}"""), Is.EqualTo($$"""{"{{name}}":"{{digest}}"}"""));
        Assert.That(Keep($$$"""{"x":[{"{{{name}}}s":["指纹 A;B",{"y":"指纹 A;B"}]}]}"""), Is.EqualTo($$$"""{"x":[{"{{{name}}}s":["{{{digest}}}",{"y":"{{{digest}}}"}]}]}"""));
        Assert.That(Keep($$"""{"{{name}}":123456}"""), Does.Not.Contain("123456"));
    }

    [Test]
    public void Others_AreKeptAsTheyAre()
    {
        string[] members =
        [
            "\"activity\":\"newInstance\"", "\"orderId\":\"CS2611240315DEMO1\"", "\"orderLineId\":\"CS2611240315DEMO1-000001\"",
            "\"businessId\":\"0b7d6a52-1111-4222-8333-444455556666\"", "\"testFlag\":\"1\"", "\"expireTime\":\"20271124155959\"",
            "\"instanceId\":\"lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB\"", "\"resultCode\":\"000000\"", "\"error_code\":\"CBC.0000\"", "\"resultMsg\":\"success.\"", "\"n\":1.50",
            "\"t\":true", "\"e\":null", "\"productName\":\"编辑器\"", "\"skuCode\":\"11112222-3333-4444-5555-666677778888\"",
        ];
        var call = $"{{{string.Join(',', members)}}}";

        Assert.That(Keep(call), Is.EqualTo(call));
        Assert.That(
            CallRedaction.Text("The order came again with another quantity. They just said so. Nothing was lost, repeat the call when you can."),
            Does.EndWith("when you can."));
        Assert.That(CallRedaction.Text("[CBC.0101] invalid parameter"), Is.EqualTo("[CBC.0101] invalid parameter"));
        Assert.That(Keep("""{"m":"[CBC.0101] invalid","q":"\"x\" is unknown"}"""), Is.EqualTo("""{"m":"[CBC.0101] invalid","q":"\"x\" is unknown"}"""));
    }

    [TestCase("{\"customerName\":\"hunter2-do-not-keep")]
    [TestCase("[{\"customerName\":\"hunter2-do-not-keep\"")]
    [TestCase("[\"a\",\"customerName\":\"hunter2-do-not-keep\"")]
    public void Text_OfJsonThatWasCutOff_IsNotKept(string text) =>
        Assert.That(Keep($$"""{"memo":{{JsonSerializer.Serialize(text)}}}"""), Is.EqualTo("""{"memo":"…"}"""));

    [TestCase("")]
    [TestCase("<html>hunter2-do-not-keep</html>")]
    [TestCase("[\"hunter2-do-not-keep\"]")]
    [TestCase("\"hunter2-do-not-keep\"")]
    [TestCase("{\"a\":\"hunter2-do-not-keep\"")]
    [TestCase("{\"a\":\"hunter2-do-not-keep\"} x")]
    [TestCase("{\"a\":\"\\ud800 hunter2-do-not-keep\"}")]
    [TestCase("null")]
    public void Body_NoJsonObject_IsKeptAsItsLength(string body)
    {
        var kept = Keep(body);

        Assert.That(kept, body.Length == 0 ? Is.Null : Is.EqualTo($$"""{"unreadable":true,"bytes":{{body.Length}}}"""));
    }

    [Test]
    public void Body_NoUtf8_IsKeptAsItsLength() =>
        Assert.That(CallRedaction.ToJson(CallContent.FromJson((byte[])[.. "{\"a\":\""u8, 0xFF, .. "\"}"u8])), Is.EqualTo("""{"unreadable":true,"bytes":9}"""));

    [Test]
    public void Body_WithAByteOrderMark_IsRead() => Assert.That(Keep("\uFEFF{\"a\":1}"), Is.EqualTo("""{"a":1}"""));

    [Test]
    public void Body_DeepLongOrWide_IsKeptInPart_AndIsJson()
    {
        string[] bodies =
        [
            $$"""{"a":{{new string('[', 12)}}"x"{{new string(']', 12)}}}""",
            $$"""{"a":"{{new string('x', 60_000)}}","b":1}""",
            $$"""{"a":"{{string.Concat(Enumerable.Repeat("😀", 10_000))}}","b":1}""",
            $$"""{"a":{{new string('9', 60_000)}},"b":1}""",
            $$"""{{{string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"member{i}\":{i}"))}}}""",
            $$"""{"a":[{{string.Join(',', Enumerable.Range(0, 9000))}}],"b":1}""",
            $$"""{"{{new string('n', 60_000)}}":1}""",
        ];
        foreach (var body in bodies)
        {
            var kept = Keep(body)!;

            Assert.That(Encoding.UTF8.GetByteCount(kept), Is.LessThan(CallRedaction.LongestContent + (4 * CallRedaction.LongestText)));
            Assert.That(() => JsonDocument.Parse(kept).Dispose(), Throws.Nothing);
        }

        Assert.That(Keep($$"""{"a":{{new string('[', 100)}}{{new string(']', 100)}}}"""), Does.Contain("unreadable"));
    }

    // PostgreSQL takes no U+0000.
    [Test]
    public void Text_WithWhatNoDatabaseTakes_IsReplaced() => Assert.That(CallRedaction.Text("a\0b\uD800c😀"), Is.EqualTo("a\uFFFDb\uFFFDc😀"));

    [Test]
    public void Body_ThatWasReadBefore_IsJudgedAsAnyOther()
    {
        const string Read = """{"license":"PL-1234-5678-9ABC","authToken":"x","orderId":"CS1"}""";

        Assert.That(CallRedaction.ToJson(CallContent.FromJson(JsonElement.Parse(Read), Read.Length)), Is.EqualTo(Keep(Read)).And.Contain("…9ABC"));
        Assert.That(CallRedaction.ToJson(CallContent.FromJson(JsonElement.Parse("[1]"), 3)), Is.EqualTo("""{"unreadable":true,"bytes":3}"""));
    }

    private static string? Keep(string body) => CallRedaction.ToJson(CallContent.FromJson(Encoding.UTF8.GetBytes(body)));
}
