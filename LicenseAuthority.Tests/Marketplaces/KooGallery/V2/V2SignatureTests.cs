using System.Text;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery.V2;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>The worked example of the protocol notes (section 7.3), and what a signature must not be.</summary>
internal sealed class V2SignatureTests
{
    private const string Key = "5f0c1d2e-demo-4a6b-8c7d-0123456789ab";
    private const string Nonce = "DEMOnonce0123456789abcdefGHIJKLM";
    private const string Timestamp = "1795490100123";
    private const string Signature = "30D9AEA7AA6A5AD1327D322860043D3DFDF4FFE1C2C2DEF59A4C8F70DACC12A0";

    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        """{"activity":"newInstance","businessId":"0b7d6a52-1111-4222-8333-444455556666","orderId":"CS2611240315DEMO1","orderLineId":"CS2611240315DEMO1-000001","testFlag":"1"}""");

    [Test]
    public void Compute_NewInstance_GivesTheSignatureOfTheExample() =>
        Assert.That(Convert.ToHexString(V2Signature.Compute(new AccessKey("default", Key), Nonce, Timestamp, Body)), Is.EqualTo(Signature));

    [Test]
    public void Sign_OfTheTestsOwnCaller_GivesTheSignatureOfTheExample()
    {
        using var http = new HttpClient();

        Assert.That(new V2Caller(http, TimeProvider.System, Key).Sign(Body, Nonce, Timestamp), Is.EqualTo(Signature));
    }

    [TestCase(Signature, true, TestName = "FindKey_UpperCase_FindsTheKey")]
    [TestCase("30d9aea7aa6a5ad1327d322860043d3dfdf4ffe1c2c2def59a4c8f70dacc12a0", true, TestName = "FindKey_LowerCase_FindsTheKey")]
    [TestCase("30D9AEA7AA6A5AD1327D322860043D3DFDF4FFE1C2C2DEF59A4C8F70DACC12A1", false, TestName = "FindKey_OtherSignature_FindsNone")]
    [TestCase("30D9AEA7AA6A5AD1327D322860043D3DFDF4FFE1C2C2DEF59A4C8F70DACC12", false, TestName = "FindKey_ShorterSignature_FindsNone")]
    [TestCase("30D9AEA7AA6A5AD1327D322860043D3DFDF4FFE1C2C2DEF59A4C8F70DACC12AG", false, TestName = "FindKey_NoHex_FindsNone")]
    [TestCase("", false, TestName = "FindKey_NoSignature_FindsNone")]
    public void FindKey_Signature_(string signature, bool found)
    {
        AccessKey[] keys = [new("default", "another"), new("default", Key)];

        Assert.That(V2Signature.FindKey(keys, signature, Nonce, Timestamp, Body), found ? Is.SameAs(keys[1]) : Is.Null);
    }
}
