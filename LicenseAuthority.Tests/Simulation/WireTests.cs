using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>The simulator signs and checks by the marketplace's rules: the worked vectors of the protocol, and not what the door happens to take.</summary>
internal sealed class WireTests
{
    private const string AccessKey = "5f0c1d2e-demo-4a6b-8c7d-0123456789ab";

    [Test]
    public void AuthToken_SmallestVector_IsThePublishedOne() => Assert.That(
        AuthToken.Of("k", [new("p1", "1"), new("p3", "3"), new("p2", "2"), new("timeStamp", "201706211855321")]),
        Is.EqualTo("/bB0MzWlyLAd3xjFBJ/XSYWR08HpyPlKtfnKdaHzZEc="));

    [Test]
    public void AuthToken_GetLicense_IsOverDecodedValuesSortedByLetter() => Assert.That(
        AuthToken.Of(
            AccessKey,
            [
                new("timeStamp", "20261124031500123"), new("testFlag", "1"), new("skuCode", "11112222-3333-4444-5555-666677778888"), new("productId", "OFFI000000000000000001"),
                new("periodType", "year"), new("orderId", "CS2611240315DEMO1"), new("expireTime", "20271124155959"), new("customerName", "测试 客户+1"),
                new("customerId", "c0ffee00c0ffee00c0ffee00c0ffee00"), new("businessId", "0b7d6a52-1111-4222-8333-444455556666"), new("amount", "5"), new("activity", "getLicense"),
                new("authToken", "is no part of it"),
            ]),
        Is.EqualTo("+J20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E="));

    [Test]
    public void BodySignature_NewInstance_IsThePublishedOne() => Assert.That(
        BodySignature.Of(
            AccessKey, "DEMOnonce0123456789abcdefGHIJKLM", "1795490100123",
            """{"activity":"newInstance","businessId":"0b7d6a52-1111-4222-8333-444455556666","orderId":"CS2611240315DEMO1","orderLineId":"CS2611240315DEMO1-000001","testFlag":"1"}"""u8.ToArray()),
        Is.EqualTo("30D9AEA7AA6A5AD1327D322860043D3DFDF4FFE1C2C2DEF59A4C8F70DACC12A0"));

    [TestCase("sign_type=\"HMAC-SHA256\", signature= \"XdmItWU/FiXB9n0agB9RmIXWr2FuEcVtnWBOKYlZBac=\"", null)]
    [TestCase("sign_type=\"HMAC-SHA256\", signature=\"XdmItWU/FiXB9n0agB9RmIXWr2FuEcVtnWBOKYlZBac=\"", "Body-Sign does not fit", Description = "letter by letter")]
    [TestCase("sign_type=\"HMAC-SHA256\", signature= \"YdmItWU/FiXB9n0agB9RmIXWr2FuEcVtnWBOKYlZBac=\"", "Body-Sign does not fit")]
    [TestCase(null, "no Body-Sign")]
    public void BodySign_OfAnAnswer_IsCheckedByLetter(string? header, string? fault) => Assert.That(
        BodySignature.FindFault(
            AccessKey, header,
            """{"resultCode":"000000","resultMsg":"success.","license":"DEMO-0001-ABCD","instanceId":"0b7d6a52-1111-4222-8333-444455556666"}"""u8.ToArray()),
        Is.EqualTo(fault));

    [Test]
    public void Reply_WithEverythingWrong_NamesEach()
    {
        var body = Encoding.UTF8.GetBytes($$"""{"resultCode":"000000","resultMsg":"{{new string('x', 256)}}","instanceId":"{{new string('i', 65)}}"}""");

        var reply = Reply.Read(HttpStatusCode.InternalServerError, bodySign: null, body, TimeSpan.FromSeconds(6), AccessKey);

        Assert.That(reply.Faults, Is.EqualTo(["HTTP 500", "took 6.0 s", "no Body-Sign", "a resultMsg of 256 characters", "an instanceId of 65 characters"]));
    }

    [TestCase("")]
    [TestCase("<html>")]
    [TestCase("[]")]
    [TestCase("{\"resultCode\":0}")]
    public void Reply_ThatIsNone_IsAFault(string body) => Assert.That(
        Reply.Read(HttpStatusCode.OK, bodySign: null, Encoding.UTF8.GetBytes(body), TimeSpan.Zero, AccessKey).Faults, Does.Contain("a body that is none of ours"));

    [Test]
    public void Requests_SignedTwice_AreDifferentCalls_AndBodiesKeepTheirMembersInOrder()
    {
        var signer = new CallSigner(AccessKey, new StoppedClock(DateTimeOffset.UnixEpoch));
        var body = new JsonObject { ["activity"] = "queryInstance", ["instanceId"] = "x" };

        var (first, second) = (signer.V2(body), signer.V2(body));

        Assert.That(second.Query, Is.Not.EqualTo(first.Query));
        Assert.That(Encoding.UTF8.GetString(first.Body!), Is.EqualTo("""{"activity":"queryInstance","instanceId":"x"}"""));
    }

    [TestCase("GET", "", null, Description = "as published: but for AK and SK, which are the simulator's")]
    [TestCase("GET", "&orderType=NEW", "its signature does not fit")]
    [TestCase("POST", "", "its signature does not fit")]
    public void AkSk_OfACall_IsChecked(string method, string more, string? fault)
    {
        var now = new DateTimeOffset(2026, 11, 24, 3, 15, 0, TimeSpan.Zero);
        var request = SignedQuery(now);
        request.Method = method;
        request.QueryString = new QueryString(request.QueryString.Value + more);

        Assert.That(AkSkCheck.FindFault(request, [], now), Is.EqualTo(fault));
    }

    [Test]
    public void AkSk_OfAnotherTimeOrAnotherSeller_IsRefused()
    {
        var now = new DateTimeOffset(2026, 11, 24, 3, 15, 0, TimeSpan.Zero);
        var foreign = SignedQuery(now);
        foreign.Headers.Authorization = foreign.Headers.Authorization.ToString().Replace(AkSkCheck.AccessKeyId, "SOMEBODYELSES");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(AkSkCheck.FindFault(SignedQuery(now), [], now.AddMinutes(16)), Is.EqualTo("its X-Sdk-Date is not of now"));
            Assert.That(AkSkCheck.FindFault(foreign, [], now), Is.EqualTo("its AK is not the simulator's"));
            Assert.That(AkSkCheck.FindFault(new DefaultHttpContext().Request, [], now), Is.EqualTo("it is not signed"));
        }
    }

    // By hand, from the scheme's description: neither by the code that the service signs with, nor by the code that is tested.
    private static HttpRequest SignedQuery(DateTimeOffset now)
    {
        const string Headers = "host:mkt.example.com\nx-sdk-date:20261124T031500Z\n";
        const string Canonical = "GET\n/api/mkp-openapi-public/global/v1/order/query/\norderId=CS1&orderLineId=CS1-000001\n" + Headers
            + "\nhost;x-sdk-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)));
        var signature = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(AkSkCheck.SecretAccessKey), Encoding.UTF8.GetBytes($"SDK-HMAC-SHA256\n20261124T031500Z\n{hash}")));
        Assert.That(now.Minute, Is.EqualTo(15), "the time that is signed above");
        var request = new DefaultHttpContext().Request;
        request.Method = "GET";
        request.Path = "/api/mkp-openapi-public/global/v1/order/query";
        request.QueryString = new QueryString("?orderId=CS1&orderLineId=CS1-000001");
        request.Headers.Host = "mkt.example.com";
        request.Headers["X-Sdk-Date"] = "20261124T031500Z";
        request.Headers.Authorization = $"SDK-HMAC-SHA256 Access={AkSkCheck.AccessKeyId}, SignedHeaders=host;x-sdk-date, Signature={signature}";
        return request;
    }
}
