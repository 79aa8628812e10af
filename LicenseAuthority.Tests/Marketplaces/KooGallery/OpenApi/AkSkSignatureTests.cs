using System.Text;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.OpenApi;

/// <summary>The vectors of protocol section 12.</summary>
internal sealed class AkSkSignatureTests
{
    private static readonly OpenApiCredentials Credentials = new("DEMOAK0123456789", "demoSecretKey0123456789abcdefghij");

    private static readonly KeyValuePair<string, string>[] Headers =
    [
        new("X-Sdk-Date", "20261124T031500Z"), new("host", "mkt.myhuaweicloud.com"), new("content-type", "application/json"),
    ];

    [Test]
    public void Authorization_OfAPost_IsThePublishedOne() => Assert.That(
        AkSkSignature.Authorization(
            Credentials, "POST", "/api/mkp-openapi-public/global/v1/license/activate", "", Headers, Encoding.UTF8.GetBytes("""{"license":"PLDEMO0001"}""")),
        Is.EqualTo(
            "SDK-HMAC-SHA256 Access=DEMOAK0123456789, SignedHeaders=content-type;host;x-sdk-date, "
            + "Signature=e449dd848ca862b8a3891c45cab5fb710e072b708ff23c6f233e312d2882edfe"));

    [Test]
    public void Authorization_OfAGet_IsThePublishedOne() => Assert.That(
        AkSkSignature.Authorization(
            Credentials, "GET", "/api/mkp-openapi-public/global/v1/order/query", "orderId=CS2611240315DEMO1&orderLineId=CS2611240315DEMO1-000001", Headers, []),
        Does.EndWith(", Signature=8a2bc449371057bacdff0922cd0cd751f22d42f6a3826cfe993cf70a091e194b"));

    [Test]
    public void Credentials_AsText_HoldNeitherKey() =>
        Assert.That(Credentials.ToString(), Does.Not.Contain("demoSecret"));
}
