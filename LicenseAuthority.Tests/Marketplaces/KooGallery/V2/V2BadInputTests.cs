using System.Net.Sockets;
using System.Text;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>Wrong V2 calls: each gets its result code in a signed answer, and nothing at all is stored.</summary>
[OnEveryDatabase]
internal sealed class V2BadInputTests
{
    private static readonly DateTimeOffset Later = LicenseAuthorityApplication.Now + TimeSpan.FromDays(100);

    private LicenseAuthorityApplication _app = null!;
    private SoldLicense _license = null!;
    private string _rows = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        _license = await SoldLicense.BuyAsync(_app);
        _rows = Rows();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    private V2Call Good => V2Call.Refresh(_license.Id, Later);

    [TestCase("signature=&", "timestamp={t}&nonce={n}", TestName = "Signature_Empty_000001")]
    [TestCase("", "timestamp={t}&nonce={n}", TestName = "Signature_Missing_000001")]
    [TestCase("signature={s}&signature={s}&", "timestamp={t}&nonce={n}", TestName = "Signature_Doubled_000001")]
    [TestCase("a=1&a=2&signature={s}&", "timestamp={t}&nonce={n}&nonce={n}", TestName = "Nonce_DoubledBehindAnother_000001")]
    [TestCase("signature={s}0&", "timestamp={t}&nonce={n}", TestName = "Signature_Longer_000001")]
    [TestCase("signature=0{s}&", "timestamp={t}&nonce={n}", TestName = "Signature_Shifted_000001")]
    [TestCase("signature={s}&", "nonce={n}", TestName = "Timestamp_Missing_000001")]
    [TestCase("signature={s}&", "timestamp={t}&timestamp={t}&nonce={n}", TestName = "Timestamp_Doubled_000001")]
    [TestCase("signature={s}&", "timestamp={t}0&nonce={n}", TestName = "Timestamp_OfFourteenDigits_000001")]
    [TestCase("signature={s}&", "timestamp=-123456789012&nonce={n}", TestName = "Timestamp_Negative_000001")]
    [TestCase("signature={s}&", "timestamp=soon&nonce={n}", TestName = "Timestamp_NoNumber_000001")]
    [TestCase("signature={s}&", "timestamp={t}", TestName = "Nonce_Missing_000001")]
    [TestCase("signature={s}&", "timestamp={t}&nonce=", TestName = "Nonce_Empty_000001")]
    [TestCase("signature={s}&", "timestamp={t}&nonce={n}&nonce={n}", TestName = "Nonce_Doubled_000001")]
    [TestCase("signature={s}&", "timestamp={t}&nonce={n}x", TestName = "Nonce_OtherThanSigned_000001")]
    public async Task Query_(string first, string rest)
    {
        var (body, nonce, timestamp) = (Good.Body, V2Caller.NewNonce(), V2Caller.TimestampOf(_app.Time.GetUtcNow()));
        var query = (first + rest).Replace("{s}", _app.MarketplaceV2.Sign(body, nonce, timestamp), StringComparison.Ordinal)
            .Replace("{t}", timestamp, StringComparison.Ordinal).Replace("{n}", nonce, StringComparison.Ordinal);

        AssertRefused(await _app.MarketplaceV2.SendRawAsync(query, body), "000001");
    }

    [TestCase(-60_001, "000001")]
    [TestCase(-60_000, "000000")]
    [TestCase(60_000, "000000")]
    [TestCase(60_001, "000001")]
    public async Task Timestamp_AtTheEdgeOfTheWindow_IsJudgedToTheMillisecond(int milliseconds, string expected)
    {
        var body = V2Call.Query(_license.Id).Body;
        var query = _app.MarketplaceV2.SignedQuery(body, timestamp: V2Caller.TimestampOf(_app.Time.GetUtcNow().AddMilliseconds(milliseconds)));

        Assert.That((await _app.MarketplaceV2.SendRawAsync(query, body)).ResultCode, Is.EqualTo(expected));
    }

    [TestCase(-60, "000000")]
    [TestCase(61, "000001")]
    public async Task Timestamp_OfTenDigits_IsSeconds(int seconds, string expected)
    {
        var body = V2Call.Query(_license.Id).Body;
        var query = _app.MarketplaceV2.SignedQuery(body, timestamp: V2Caller.TimestampOf(_app.Time.GetUtcNow().AddSeconds(seconds))[..10]);

        Assert.That((await _app.MarketplaceV2.SendRawAsync(query, body)).ResultCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task Signature_InLowerCase_IsGood()
    {
        var body = V2Call.Query(_license.Id).Body;
        var (nonce, timestamp) = (V2Caller.NewNonce(), V2Caller.TimestampOf(_app.Time.GetUtcNow()));
        var signature = Convert.ToHexStringLower(Convert.FromHexString(_app.MarketplaceV2.Sign(body, nonce, timestamp)));

        Assert.That((await _app.MarketplaceV2.SendRawAsync($"nonce={nonce}&signature={signature}&timestamp={timestamp}", body)).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Body_ChangedAfterSigning_000001AndCounted()
    {
        var body = Good.Body;
        var query = _app.MarketplaceV2.SignedQuery(body);
        var rejections = _app.Services.GetRequiredService<RejectionLog>();
        var before = rejections.Rejected;

        AssertRefused(await _app.MarketplaceV2.SendRawAsync(query, [.. body, (byte)' ']), "000001");

        Assert.That(rejections.Rejected, Is.EqualTo(before + 1));
    }

    [Test]
    public async Task Caller_WithAForeignKey_000001SignedWithTheFirstKey()
    {
        var body = Good.Body;
        var query = _app.V2CallerWith("a foreign key").SignedQuery(body);

        AssertRefused(await _app.MarketplaceV2.SendRawAsync(query, body), "000001");
    }

    [TestCase("[]", "object")]
    [TestCase("", "JSON")]
    [TestCase("activity=refreshInstance", "JSON")]
    [TestCase("""{"activity":"refreshInstance","activity":"refreshInstance"}""", "more than once")]
    [TestCase("""{"activity":"refreshInstance","more":{"a":1,"a":2}}""", "more than once")]
    [TestCase("""{"activity":"refreshInstance","more":[[[[[[[[1]]]]]]]]}""", "deeper")]
    [TestCase("{}", "activity")]
    [TestCase("""{"activity":""}""", "activity")]
    [TestCase("""{"activity":["refreshInstance"]}""", "activity")]
    [TestCase("""{"activity":"refreshinstance"}""", "unknown")]
    [TestCase("""{"activity":"getLicense"}""", "one of License V1 and comes by GET", Description = "a V1 activity by POST was called unknown")]
    public async Task Body_OfNoCall_000002NamesIt(string body, string named) =>
        AssertRefused(await _app.MarketplaceV2.SendAsync(Encoding.UTF8.GetBytes(body)), "000002", named);

    // They were refused only in members that are read.
    [TestCase("\\u0000", "U+0000")]
    [TestCase("\\uD800", "surrogate")]
    public async Task Body_WithWhatNoTextHoldsInAMemberThatIsNotRead_000002NamesIt(string escape, string named)
    {
        var good = Encoding.UTF8.GetString(Good.Body);
        string[] bodies = [$$"""{{good[..^1]}},"more":"{{escape}}"}""", $$"""{{good[..^1]}},"more":{"of":["{{escape}}"]} }""", $$"""{{good[..^1]}},"{{escape}}":1}"""];
        foreach (var body in bodies)
        {
            AssertRefused(await _app.MarketplaceV2.SendAsync(Encoding.UTF8.GetBytes(body)), "000002", named);
        }
    }

    [Test]
    public async Task Query_AnotherParameterDoubled_IsNotLookedAt()
    {
        var body = V2Call.Query(_license.Id).Body;

        Assert.That((await _app.MarketplaceV2.SendRawAsync($"a=1&a=2&{_app.MarketplaceV2.SignedQuery(body)}", body)).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Body_NoUtf8_000002() => AssertRefused(await _app.MarketplaceV2.SendAsync([.. "{\"activity\":\""u8, 0xFF, .. "\"}"u8]), "000002", "UTF-8");

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("json")]
    [TestCase("application/json, text/plain")]
    public async Task ContentType_NoJson_000002(string contentType) =>
        AssertRefused(await _app.MarketplaceV2.SendAsync(Good.Body, contentType: contentType), "000002", "Content-Type");

    [TestCase(null)]
    [TestCase("application/json")]
    [TestCase("Application/JSON; charset=utf8")]
    [TestCase("application/json;charset=gbk")]
    public async Task ContentType_JsonWhateverItsCharsetOrNone_IsRead(string? contentType) =>
        Assert.That((await _app.MarketplaceV2.SendAsync(V2Call.Query(_license.Id).Body, contentType: contentType)).ResultCode, Is.EqualTo("000000"));

    [Test]
    public async Task Body_WithAByteOrderMark_IsRead() =>
        Assert.That((await _app.MarketplaceV2.SendAsync([.. "\uFEFF"u8, .. V2Call.Query(_license.Id).Body])).ResultCode, Is.EqualTo("000000"));

    [TestCase(64 * 1024, "000000")]
    [TestCase((64 * 1024) + 1, "000002")]
    public async Task Body_AtTheLargestSize_IsJudgedToTheByte(int size, string expected)
    {
        var body = V2Call.Query(_license.Id).Body;
        byte[] padded = [.. body, .. Enumerable.Repeat((byte)' ', size - body.Length)];

        var reply = await _app.MarketplaceV2.SendAsync(padded);

        Assert.That(reply.ResultCode, Is.EqualTo(expected), reply.ResultMessage);
    }

    // What is announced is not waited for: only the head is sent.
    [Test]
    public async Task Body_OfAGigabyteAnnounced_IsAnsweredUnread()
    {
        var address = new Uri(_app.Addresses.First());
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        var query = _app.MarketplaceV2.SignedQuery(Good.Body);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {MarketplaceCaller.Path}?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"));

        using var reader = new StreamReader(stream, Encoding.ASCII);

        Assert.That(await reader.ReadLineAsync(), Does.Contain("200"));
        var text = new StringBuilder();
        while (!text.ToString().Contains("resultMsg", StringComparison.Ordinal) && await reader.ReadLineAsync() is { } line)
        {
            text.Append(line);
            if (line.Length == 0)
            {
                var rest = new char[60];
                await reader.ReadBlockAsync(rest);
                text.Append(rest);
            }
        }

        Assert.That(text.ToString(), Does.Contain("000002").And.Contain("Body-Sign"));
    }

    [TestCase("authToken")]
    [TestCase("x-sign")]
    public async Task Kit_IsNotServed_000002SaysSo(string header)
    {
        var body = """{"activity":"tenantSync"}"""u8.ToArray();

        AssertRefused(await _app.MarketplaceV2.SendRawAsync("", body, headers: (header, "x")), "000002", "Kit");
    }

    [TestCase("scene", null)]
    [TestCase("scene", "")]
    [TestCase("scene", "UPGRADE")]
    [TestCase("scene", "renewal")]
    [TestCase("orderId", null)]
    [TestCase("orderId", "65")]
    [TestCase("orderLineId", null)]
    [TestCase("orderLineId", "65")]
    [TestCase("instanceId", null)]
    [TestCase("instanceId", "65")]
    [TestCase("productId", "65")]
    [TestCase("expireTime", null)]
    [TestCase("expireTime", "soon")]
    [TestCase("expireTime", "202706011559590")]
    [TestCase("testFlag", "2")]
    [TestCase("orderId", "CS\0001")]
    public async Task Refresh_WrongParameter_000002NamesIt(string name, string? value)
    {
        var call = value switch
        {
            null => Good.Without(name),
            "65" => Good.With(name, new string('x', 65)),
            _ => Good.With(name, value),
        };

        AssertRefused(await _app.MarketplaceV2.SendAsync(call), "000002", name);
    }

    [TestCase("scene")]
    [TestCase("orderId")]
    [TestCase("expireTime")]
    [TestCase("testFlag")]
    [TestCase("productId")]
    public async Task Refresh_ParameterOfAnotherType_000002NamesIt(string name)
    {
        AssertRefused(await _app.MarketplaceV2.SendAsync(Good.With(name, true)), "000002", name);
        AssertRefused(await _app.MarketplaceV2.SendAsync(Good.With(name, new System.Text.Json.Nodes.JsonArray("1"))), "000002", name);
    }

    [TestCase("FROZEN")]
    [TestCase("freeze")]
    [TestCase("")]
    public async Task Status_Unknown_000002(string status) => AssertRefused(await _app.MarketplaceV2.SendAsync(V2Call.Status(_license.Id, status)), "000002", "status");

    [TestCase("refreshInstance")]
    [TestCase("updateInstanceStatus")]
    [TestCase("releaseInstance")]
    [TestCase("queryInstance")]
    public async Task Call_ByGet_IsSaidToComeByPost(string activity)
    {
        var reply = await _app.Marketplace.SendRawAsync(_app.Marketplace.SignedQuery(
        [
            KeyValuePair.Create("activity", activity), KeyValuePair.Create("instanceId", _license.Id), KeyValuePair.Create("timeStamp", InstanceCall.NewTimeStamp()),
        ]));

        AssertRefused(reply, "000002", "one of License V2 and comes by POST");
    }

    [TestCase("unknown")]
    [TestCase("test")]
    [TestCase("small letters")]
    public async Task Call_OnNoInstanceForTheCaller_000003(string what)
    {
        V2Call[] calls = [Good, V2Call.Status(_license.Id, "FREEZE"), V2Call.Release(_license.Id), V2Call.Query(_license.Id)];
        foreach (var call in calls)
        {
            var reply = await _app.MarketplaceV2.SendAsync(what switch
            {
                "test" => call.With("testFlag", "1"),
                "unknown" => call.With("instanceId", "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB"),
                _ => call.With("instanceId", _license.Id.ToLowerInvariant()),
            });

            AssertRefused(reply, "000003", "instanceId");
        }
    }

    [TestCase("", "instanceId")]
    [TestCase(",", "instanceId")]
    [TestCase("a,,b", "instanceId")]
    [TestCase("101", "at most 100")]
    public async Task Query_OfNoIds_000002(string ids, string named)
    {
        ids = ids == "101" ? string.Join(',', Enumerable.Range(0, 101)) : ids;

        AssertRefused(await _app.MarketplaceV2.SendAsync(V2Call.Query(ids)), "000002", named);
    }

    [Test]
    public async Task Body_DamagedAnywhere_IsNeverAFault()
    {
        var good = Good.Body;
        var random = new Random(20260601);
        for (var i = 0; i < 300; i++)
        {
            var body = (byte[])good.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            Assert.That((await _app.MarketplaceV2.SendAsync(body)).ResultCode, Is.AnyOf("000000", "000002", "000003"), Encoding.Latin1.GetString(body));
        }

        _rows = Rows();
    }

    private void AssertRefused(MarketplaceReply reply, string code, string named = "")
    {
        Assert.That(reply.ResultCode, Is.EqualTo(code), reply.ResultMessage);
        Assert.That(reply.ResultMessage, Does.Contain(named));
        Assert.That(Rows(), Is.EqualTo(_rows), "nothing is stored");
    }

    private string Rows() => $"{_app.CountRows()}, nonces {_app.Query("SELECT count(*) FROM nonces")[0]}";
}
