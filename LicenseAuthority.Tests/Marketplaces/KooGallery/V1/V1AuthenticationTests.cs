using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Marketplaces.KooGallery.V1;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>The worked examples of the protocol notes (section 7), and what a token must not be.</summary>
internal sealed class V1AuthenticationTests
{
    private const string VectorKey = "5f0c1d2e-demo-4a6b-8c7d-0123456789ab";

    private const string VectorQuery =
        "activity=getLicense&amount=5&businessId=0b7d6a52-1111-4222-8333-444455556666&customerId=c0ffee00c0ffee00c0ffee00c0ffee00"
        + "&customerName=%E6%B5%8B%E8%AF%95%20%E5%AE%A2%E6%88%B7%2B1&expireTime=20271124155959&orderId=CS2611240315DEMO1&periodType=year"
        + "&productId=OFFI000000000000000001&skuCode=11112222-3333-4444-5555-666677778888&testFlag=1&timeStamp=20261124031500123";

    private const string VectorToken = "+J20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E=";

    [Test]
    public void CreateToken_SmallestExample_GivesThePublishedToken()
    {
        var token = V1Authentication.CreateToken(new AccessKey("default", "k"), Parse("p1=1&p3=3&timeStamp=201706211855321&p2=2"));

        Assert.That(token, Is.EqualTo("/bB0MzWlyLAd3xjFBJ/XSYWR08HpyPlKtfnKdaHzZEc="));
    }

    [TestCase("%20", TestName = "CreateToken_BlankAsPercent20_GivesThePublishedToken")]
    [TestCase("+", TestName = "CreateToken_BlankAsPlus_GivesThePublishedToken")]
    public void CreateToken_GetLicense_GivesThePublishedToken(string blank)
    {
        var query = Parse(VectorQuery.Replace("%20", blank, StringComparison.Ordinal));

        Assert.That(V1Authentication.CreateToken(new AccessKey("default", VectorKey), query), Is.EqualTo(VectorToken));
    }

    [TestCase("&authToken=%2BJ20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E%3D", true, TestName = "FindKey_EncodedToken_FindsTheKey")]
    [TestCase("&authToken=+J20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E=", true, TestName = "FindKey_PlusArrivesAsBlank_FindsTheKey")]
    [TestCase("&authToken=%2BJ20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6F%3D", false, TestName = "FindKey_OtherSpellingOfTheSameBytes_FindsNone")]
    [TestCase("&authToken=%2BJ20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E", false, TestName = "FindKey_TokenWithoutPadding_FindsNone")]
    [TestCase("&authToken=%2Bj20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E%3D", false, TestName = "FindKey_TokenInOtherCase_FindsNone")]
    [TestCase("&authToken=", false, TestName = "FindKey_EmptyToken_FindsNone")]
    [TestCase("", false, TestName = "FindKey_NoToken_FindsNone")]
    [TestCase("&more=1&authToken=%2BJ20Vas77tebII45FzuofARTVn6JaZzUkIAcYz18B6E%3D", false, TestName = "FindKey_ParameterAdded_FindsNone")]
    public void FindKey_Token_(string token, bool found)
    {
        var key = V1Authentication.FindKey(Parse(VectorQuery + token), Keys("another", VectorKey));

        Assert.That(key?.Bytes, found ? Is.EqualTo("5f0c1d2e-demo-4a6b-8c7d-0123456789ab"u8.ToArray()) : Is.Null);
    }

    // The key and the time are joined without a separator: moving a character from one to the other must not fit, as the time is signed too.
    [Test]
    public void FindKey_TimeMovedIntoTheKey_FindsNone()
    {
        var query = Parse("a=1&timeStamp=123");
        var token = V1Authentication.CreateToken(new AccessKey("default", "key1"), Parse("a=1&timeStamp=23"));

        Assert.That(V1Authentication.FindKey(Parse($"a=1&timeStamp=123&authToken={Uri.EscapeDataString(token)}"), Keys("key")), Is.Null);
        Assert.That(query.Find("timeStamp"), Is.EqualTo("123"));
    }

    private static MarketplaceQuery Parse(string query)
    {
        Assert.That(MarketplaceQuery.TryParse("?" + query, out var parsed, out var problem), Is.True, problem);
        return parsed;
    }

    private static AccessKey[] Keys(params string[] secrets) => [.. secrets.Select(static secret => new AccessKey("default", secret))];
}
