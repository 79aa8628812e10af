using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>The signature of answers.</summary>
internal sealed class BodySignTests
{
    [Test]
    public void Create_WorkedExample_GivesThePublishedHeader()
    {
        var body = "{\"resultCode\":\"000000\",\"resultMsg\":\"success.\",\"license\":\"DEMO-0001-ABCD\",\"instanceId\":\"0b7d6a52-1111-4222-8333-444455556666\"}"u8;

        Assert.That(body.Length, Is.EqualTo(125));
        Assert.That(
            BodySign.Create(new AccessKey("default", "5f0c1d2e-demo-4a6b-8c7d-0123456789ab"), body),
            Is.EqualTo("sign_type=\"HMAC-SHA256\", signature= \"XdmItWU/FiXB9n0agB9RmIXWr2FuEcVtnWBOKYlZBac=\""));
    }

    [Test]
    public void ToBody_WorkedExample_GivesThePublishedBytes()
    {
        var answer = new MarketplaceAnswer("000000", "success.", "DEMO-0001-ABCD", "0b7d6a52-1111-4222-8333-444455556666");

        Assert.That(
            System.Text.Encoding.UTF8.GetString(answer.ToBody().Span),
            Is.EqualTo("{\"resultCode\":\"000000\",\"resultMsg\":\"success.\",\"license\":\"DEMO-0001-ABCD\",\"instanceId\":\"0b7d6a52-1111-4222-8333-444455556666\"}"));
    }

    [Test]
    public void ToBody_LongMessage_IsCutBetweenCharacters()
    {
        var body = new MarketplaceAnswer("000002", new string('x', 254) + "\U0001F511" + new string('y', 50)).ToBody();

        using var json = System.Text.Json.JsonDocument.Parse(body);
        Assert.That(json.RootElement.GetProperty("resultMsg").GetString(), Is.EqualTo(new string('x', 254)));
    }

    [Test]
    public void ToString_AnswerWithCode_ShowsNoCode()
    {
        Assert.That(new MarketplaceAnswer("000000", "success.", "DEMO-0001-ABCD", "id").ToString(), Is.EqualTo("000000 success."));
    }
}
