using System.Net;
using System.Net.Sockets;
using System.Text;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>Whatever comes in gets an answer that is signed and says what is wrong; nothing is stored, and nothing is a fault of ours.</summary>
[OnEveryDatabase]
internal sealed class MarketplaceBadInputTests
{
    private LicenseAuthorityApplication _app = null!;
    private string _rows = "";

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [SetUp]
    public void CountRows() => _rows = _app.CountRows();

    // The customer's name was another one than in the marketplace, and nothing said so.
    [TestCase("a-name-that-fits", null)]
    [TestCase("zero\0zero", "the customerName of the order had characters that no text can hold, each replaced by U+FFFD")]
    [TestCase("65", "the customerName of the order was cut to 64 of 65 characters")]
    public async Task GetLicense_NameThatCannotBeKeptAsItIs_IsToldInTheEvent(string name, string? remark)
    {
        var sold = await _app.Marketplace.SendAsync(
            GetLicenseCall.For($"CS-REMARK-{name.Length}").With("customerName", name == "65" ? string.Concat(Enumerable.Repeat("客", 65)) : name));

        var issued = (await _app.Admin.ListAsync($"licenses/{sold.InstanceId}/events")).Single();

        Assert.That(issued.GetProperty("remark").GetString(), Is.EqualTo(remark));
    }

    [Test]
    public async Task Parameter_Missing_IsNamed(
        [Values("activity", "customerId", "orderId", "productId", "timeStamp")] string name, [Values] bool empty)
    {
        var call = GetLicenseCall.For("CS1");

        await AssertBadAsync(empty ? call.With(name, "") : call.Without(name), name);
    }

    [TestCase("timeStamp", 20)]
    [TestCase("customerId", 100)]
    [TestCase("orderId", 64)]
    [TestCase("productId", 64)]
    public async Task Parameter_TooLong_IsNamedAndTheLongestIsServed(string name, int longest)
    {
        await AssertBadAsync(GetLicenseCall.For("CS1").With(name, new string('9', longest + 1)), name);

        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For($"CS-{name}").With(name, new string('9', longest)));
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    // 33 emoji are 66 units of UTF-16, and were refused.
    [TestCase("customerId", 100)]
    [TestCase("orderId", 64)]
    [TestCase("productId", 64)]
    public async Task Parameter_LongestWithCharactersBeyondTheBasicPlane_IsServed(string name, int longest)
    {
        var value = string.Concat(Enumerable.Repeat("\U0001F511", longest));

        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For($"CS-WIDE-{name}").With(name, value));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        var tooLong = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With(name, value + "1"));
        Assert.That(tooLong.ResultCode, Is.EqualTo("000002"));
        Assert.That(tooLong.ResultMessage, Does.Contain(name).And.Contain($"{longest + 1} characters"));
    }

    // An order that was paid for was refused for a name that is only shown.
    [TestCase(64, 64)]
    [TestCase(65, 64)]
    [TestCase(5000, 64)]
    public async Task CustomerName_OfAnyLength_IsServedAndCut(int length, int kept)
    {
        foreach (var character in new[] { "a", "\u6D4B", "\U0001F511" })
        {
            var name = string.Concat(Enumerable.Repeat(character, character == "a" ? length : Math.Min(length, 500)));

            var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For($"CS-NAME-{length}-{(int)character[0]}").With("customerName", name));

            Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
            Assert.That(
                _app.Query($"SELECT customer_name FROM licenses WHERE id = '{reply.InstanceId}'"),
                Is.EqualTo([string.Concat(Enumerable.Repeat(character, kept))]));
        }
    }

    // businessId too: it changes with every repeat, so it can be no key, and nobody reads it. A paid order was refused for it.
    [Test]
    public async Task Parameter_NotUsedHere_IsNotChecked(
        [Values("businessId", "skuCode", "periodType", "periodNumber", "somethingNew")] string name, [Values("", "1\0", "long")] string value)
    {
        var given = value == "long" ? new string('9', 5000) : value;

        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For($"CS-UNUSED-{name}-{value.Length}").With(name, given));
        var renewed = await _app.Marketplace.SendAsync(
            InstanceCall.Refresh(reply.InstanceId!, $"CS-UNUSED-{name}-{value.Length}-R", _app.Time.GetUtcNow().AddYears(2)).With(name, given));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(renewed.ResultCode, Is.EqualTo("000000"), renewed.ResultMessage);
    }

    // Sorting and signing 8,190 of them cost as much as 66 orders, for a caller that nobody knows.
    [Test]
    public async Task Parameters_200_AreServedAndOneMoreIsRefusedBeforeAuthentication()
    {
        var call = GetLicenseCall.For("CS-MANY");
        for (var i = call.Parameters.Count; i < 199; i++)
        {
            call = call.With($"p{i}", "1");
        }

        Assert.That((await _app.Marketplace.SendAsync(call)).ResultCode, Is.EqualTo("000000"));
        var refused = await _app.Marketplace.SendRawAsync(string.Join('&', Enumerable.Range(0, 201).Select(i => $"p{i}=1")));
        Assert.That(refused.ResultCode, Is.EqualTo("000002"));
        Assert.That(refused.ResultMessage, Does.Contain("200"));
    }

    [TestCase("expireTime")]
    [TestCase("amount")]
    [TestCase("testFlag")]
    [TestCase("activity")]
    public async Task Parameter_VeryLong_IsNamed(string name) => await AssertBadAsync(GetLicenseCall.For("CS1").With(name, new string('1', 5000)), name);

    [Test]
    public async Task Parameter_Repeated_IsNamed(
        [Values("orderId", "amount", "activity", "timeStamp", "unknown")] string name, [Values("5", "")] string second)
    {
        await AssertBadAsync(GetLicenseCall.For("CS1").With("unknown", "1").AndAlso(name, second), $"'{name}'");
    }

    // The published code signs over the first value; a signature over the second is none.
    [Test]
    public async Task Parameter_RepeatedAndSignedOverTheSecond_IsNotAuthenticated()
    {
        var call = GetLicenseCall.For("CS1");
        var token = _app.Marketplace.Token(call.With("orderId", "CS2").Parameters);

        var reply = await _app.Marketplace.SendRawAsync(MarketplaceCaller.Encode(call.AndAlso("orderId", "CS2").With("authToken", token).Parameters));

        Assert.That(reply.ResultCode, Is.EqualTo("000001"));
        AssertNothingStored();
    }

    [Test]
    public async Task Parameter_TokenRepeated_IsNamed()
    {
        var reply = await _app.Marketplace.SendRawAsync(_app.Marketplace.SignedQuery(GetLicenseCall.For("CS1").Parameters) + "&authToken=2");

        Assert.That(reply.ResultCode, Is.EqualTo("000002"));
        Assert.That(reply.ResultMessage, Does.Contain("authToken"));
        AssertNothingStored();
    }

    [Test]
    public async Task Parameter_NameInOtherCase_IsAnotherParameter()
    {
        await AssertBadAsync(GetLicenseCall.For("CS1").Without("orderId").With("orderid", "CS1"), "orderId");

        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-CASES").With("OrderId", "CS-2").With("orderid", "CS-3"));
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(_app.Query($"SELECT order_id FROM orders WHERE license_id = '{reply.InstanceId}'"), Is.EqualTo(["CS-CASES"]));
    }

    [Test]
    public async Task Parameter_UnknownAndSigned_IsAllowed()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-UNKNOWN").With("chargingMode", "1").With("saasExtendParams", "[{\"a\":1}]").With("", "no name"));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    [Test]
    public async Task Parameter_WithZeroCharacter_IsNamed(
        [Values("timeStamp", "customerId", "orderId", "productId", "expireTime", "amount", "testFlag", "activity")] string name)
    {
        await AssertBadAsync(GetLicenseCall.For("CS1").With(name, "1\0"), name);
    }

    [Test]
    public async Task CustomerName_WithZeroCharacter_IsStoredWithReplacement()
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-ZERO").With("customerName", "\0A\0"));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        Assert.That(_app.Query($"SELECT customer_name FROM licenses WHERE id = '{reply.InstanceId}'"), Is.EqualTo(["\uFFFDA\uFFFD"]));
    }

    [TestCase("%FF", TestName = "Query_ByteFF_IsABadParameter")]
    [TestCase("%C0%80", TestName = "Query_OverlongZero_IsABadParameter")]
    [TestCase("%ED%A0%80", TestName = "Query_LoneSurrogate_IsABadParameter")]
    [TestCase("%F4%90%80%80", TestName = "Query_BeyondUnicode_IsABadParameter")]
    [TestCase("%E6%B5", TestName = "Query_CutOffCharacter_IsABadParameter")]
    [TestCase("%zz", TestName = "Query_NoHexDigits_IsABadParameter")]
    [TestCase("%u6D4B", TestName = "Query_EscapeOfScripts_IsABadParameter")]
    [TestCase("100%", TestName = "Query_PercentAtTheEnd_IsABadParameter")]
    [TestCase("100%2", TestName = "Query_CutOffEscape_IsABadParameter")]
    public async Task Query_NotDecodable_IsABadParameter(string raw)
    {
        var signed = _app.Marketplace.SignedQuery(GetLicenseCall.For("CS1").Parameters);
        foreach (var (query, named) in ((string, string)[])[($"{signed}&bad={raw}", "'bad'"), ($"bad={raw}&{signed}", "'bad'"), ($"{signed}&{raw}=1", "number 14")])
        {
            var reply = await _app.Marketplace.SendRawAsync(query);

            Assert.That(reply.ResultCode, Is.EqualTo("000002"), query);
            Assert.That(reply.ResultMessage, Does.Contain(named));
        }

        AssertNothingStored();
    }

    [Test]
    public async Task Query_Longest_IsServedAndOneMoreIsABadParameter()
    {
        const int Longest = 16 * 1024;
        var call = GetLicenseCall.For("CS-LONGEST").With("filler", "");
        var filler = new string('x', Longest - Query("").Length);

        var tooLong = await _app.Marketplace.SendRawAsync(Query(filler + "x"));
        Assert.That(tooLong.ResultCode, Is.EqualTo("000002"));
        Assert.That(tooLong.ResultMessage, Does.Contain("16384"));
        AssertNothingStored();

        Assert.That(Query(filler), Has.Length.EqualTo(Longest));
        Assert.That((await _app.Marketplace.SendRawAsync(Query(filler))).ResultCode, Is.EqualTo("000000"));

        // The token as it is: encoded, its length would depend on how many plus signs it has.
        string Query(string value)
        {
            var parameters = call.With("filler", value).Parameters;
            return $"{MarketplaceCaller.Encode(parameters)}&authToken={_app.Marketplace.Token(parameters)}";
        }
    }

    // Longer than anything that the marketplace sends: the server turns it away before it reaches the door.
    [Test]
    public async Task RequestLine_BeyondTheServersLimit_IsTurnedAway()
    {
        using var response = await _app.Client.GetAsync($"{MarketplaceCaller.Path}?a={new string('x', 70 * 1024)}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestUriTooLong));
        AssertNothingStored();
    }

    // Bytes that no URL has. The server may refuse them by itself; it must not be a fault, and nothing must be stored.
    [Test]
    public async Task RequestLine_RawBytes_IsNoFault()
    {
        foreach (var bytes in (byte[][])[Encoding.UTF8.GetBytes("测试"), [0xFF, 0xFE], [0x01], [0x7F], "{}|^`\"<>\\"u8.ToArray()])
        {
            byte[] request = [.. Encoding.ASCII.GetBytes($"GET {MarketplaceCaller.Path}?orderId="), .. bytes, .. " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8];
            using var connection = new TcpClient();
            await connection.ConnectAsync(_app.Client.BaseAddress!.Host, _app.Client.BaseAddress.Port);
            await connection.GetStream().WriteAsync(request);
            using var answer = new StreamReader(connection.GetStream());
            var text = await answer.ReadToEndAsync();

            Assert.That(text, Does.StartWith("HTTP/1.1 400 ").Or.Contain("\"resultCode\":\"00000"), Convert.ToHexString(bytes));
            Assert.That(text, Does.Not.Contain("\"resultCode\":\"000005\""));
        }

        AssertNothingStored();
    }

    [TestCase("2027")]
    [TestCase("tomorrow")]
    [TestCase("2027-06-01")]
    [TestCase("20270601")]
    [TestCase("20271301000000")]
    [TestCase("20270229000000")]
    [TestCase("20270601240000")]
    [TestCase("00000000000000")]
    [TestCase("-2027060100000")]
    [TestCase("202706010000000")]
    [TestCase(" 20270601155959")]
    [TestCase("1811951999")]
    public async Task ExpireTime_Malformed_IsNamed(string value) => await AssertBadAsync(GetLicenseCall.For("CS1").With("expireTime", value), "expireTime");

    // A day that there is not was answered with a lower limit that there is not either.
    [Test]
    public async Task ExpireTime_NoSuchDay_IsNotCalledTooEarly()
    {
        var reply = await AssertBadAsync(GetLicenseCall.For("CS1").With("expireTime", "20270230000000"), "expireTime");

        Assert.That(reply.ResultMessage, Does.Contain("a date and time that there is").And.Not.Contain("1970"));
    }

    [TestCase("-1")]
    [TestCase("0")]
    [TestCase("10000000")]
    [TestCase("2147483648")]
    [TestCase("4294967301")]
    [TestCase("99999999999999999999")]
    [TestCase("1.5")]
    [TestCase("5.0")]
    [TestCase("1e3")]
    [TestCase("five")]
    [TestCase("+5")]
    [TestCase(" 5")]
    [TestCase("1,000")]
    [TestCase("0x5")]
    [TestCase("５")]
    [TestCase("NaN")]
    public async Task Amount_Malformed_IsNamed(string value) => await AssertBadAsync(GetLicenseCall.For("CS1").With("amount", value), "amount");

    [TestCase("2")]
    [TestCase("-1")]
    [TestCase("01")]
    [TestCase("true")]
    [TestCase(" 1")]
    public async Task TestFlag_Malformed_IsNamed(string value) => await AssertBadAsync(GetLicenseCall.For("CS1").With("testFlag", value), "testFlag");

    [TestCase("getlicense")]
    [TestCase("getLicense ")]
    [TestCase("newInstance")]
    [TestCase("'; DROP TABLE licenses; --")]
    public async Task Activity_Unknown_IsNamed(string value) => await AssertBadAsync(GetLicenseCall.For("CS1").With("activity", value), $"'{value}'");

    // It was called unknown: a seller whose product is of the other generation could not see that it is.
    [TestCase("newInstance")]
    [TestCase("getLicenseAsync")]
    public async Task Activity_OfV2_IsSaidToComeByPost(string value) =>
        await AssertBadAsync(GetLicenseCall.For("CS1").With("activity", value), $"'{value}' is one of License V2 and comes by POST");

    // A message is for a person: one line of at most 255 characters, whatever was sent.
    [Test]
    public async Task Message_OfUnfitText_IsShortAndOnOneLine()
    {
        var reply = await AssertBadAsync(GetLicenseCall.For("CS1").With("activity", "a\r\nBody-Sign: x\u001B[31m\U0001F511\"\\" + new string('z', 300)), "activity");

        Assert.That(reply.ResultMessage.Any(char.IsControl), Is.False);
        Assert.That(reply.ResultMessage, Does.Contain("aBody-Sign: x[31m\"\\zzz"));
    }

    [TestCase("PUT")]
    [TestCase("DELETE")]
    [TestCase("PATCH")]
    public async Task Method_NotServed_IsAProblem(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), MarketplaceCaller.Path);
        using var response = await _app.Client.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(["GET", "POST"]));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        AssertNothingStored();
    }

    // A thousand ways to damage a good call, the same in every run.
    [Test]
    public async Task Query_DamagedAnywhere_IsNeverAFault()
    {
        var good = _app.Marketplace.SignedQuery(GetLicenseCall.For("CS-DAMAGED").With("businessId", "0b7d6a52").Parameters);
        const string Damages = "%&=+\0\u0001;#/?.~\\\"<>[]{}|^`'0aZ";
        var random = new Random(20260601);
        for (var i = 0; i < 1000; i++)
        {
            var query = new StringBuilder(good);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                query[random.Next(query.Length)] = Damages[random.Next(Damages.Length)];
            }

            // These end the query or the request line.
            query.Replace('#', '%').Replace('\0', '%').Replace('\u0001', '%');
            var reply = await _app.Marketplace.SendRawAsync(query.ToString());

            Assert.That(reply.ResultCode, Is.EqualTo("000001").Or.EqualTo("000002").Or.EqualTo("000000"), query.ToString());
            if (reply.ResultCode == "000000")
            {
                Assert.That(query.ToString(), Is.EqualTo(good).IgnoreCase, "only another spelling of the same bytes may pass");
            }
        }
    }

    private async Task<MarketplaceReply> AssertBadAsync(GetLicenseCall call, string named)
    {
        var reply = await _app.Marketplace.SendAsync(call);

        Assert.That(reply.ResultCode, Is.EqualTo("000002"), reply.ResultMessage);
        Assert.That(reply.ResultMessage, Does.Contain(named));
        Assert.That(reply.License, Is.Null);
        Assert.That(reply.InstanceId, Is.Null);
        AssertNothingStored();
        return reply;
    }

    // But for the trace of an order that was refused, which UnservedOrderTests are about.
    private void AssertNothingStored() => Assert.That(WithoutTraces(_app.CountRows()), Is.EqualTo(WithoutTraces(_rows)));

    private static string WithoutTraces(string rows) => rows[..rows.IndexOf(", conflicts", StringComparison.Ordinal)];
}
