using System.Text;
using LicenseAuthority.Marketplaces.KooGallery.V2;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>What a body may look like, and what is said of one that may not.</summary>
internal sealed class JsonParametersTests
{
    [TestCase("""{"a":"1"}""", "1")]
    [TestCase("""{"a":1}""", "1", Description = "a text may come as an integer")]
    [TestCase("""{"a":-20261124031500123}""", "-20261124031500123")]
    [TestCase("""{"a":null}""", null)]
    [TestCase("""{}""", null)]
    [TestCase("""{"\u0061":"1"}""", "1")]
    [TestCase("""{"a":"\uD83D\uDE00","b":"\\u0000"}""", "\U0001F600", Description = "a whole pair, and the six characters of an escape")]
    [TestCase(" \n{\"b\":{\"c\":[[1.5,true]]},\"a\":\"\u4E00\"}\r\n", "\u4E00", Description = "what nobody asks for may be anything")]
    [TestCase("\uFEFF{\"a\":\"1\"}", "1", Description = "a byte order mark is skipped")]
    public void TryParse_Object_FindsTheText(string body, string? expected)
    {
        Assert.That(JsonParameters.TryParse(Encoding.UTF8.GetBytes(body), out var parameters, out var problem), Is.True, problem);
        Assert.That(parameters.Find("a"), Is.EqualTo(expected));
        Assert.That(parameters.IsOtherThanText("a"), Is.False);
    }

    [TestCase("true")]
    [TestCase("1.0")]
    [TestCase("1e3")]
    [TestCase("[1]")]
    [TestCase("{}")]
    public void TryParse_MemberOfAnotherType_IsToldWhenItIsAskedFor(string value)
    {
        Assert.That(JsonParameters.TryParse(Encoding.UTF8.GetBytes($$"""{"a":{{value}},"b":"1"}"""), out var parameters, out _), Is.True);
        Assert.That(parameters.Find("a"), Is.Null);
        Assert.That(parameters.IsOtherThanText("a"), Is.True);
        Assert.That(parameters.Find("b"), Is.EqualTo("1"));
    }

    [TestCase("", "no JSON")]
    [TestCase("{", "no JSON")]
    [TestCase("a=1", "no JSON")]
    [TestCase("{\"a\":1,}", "no JSON")]
    [TestCase("{\"a\":1}{}", "no JSON")]
    [TestCase("{/**/}", "no JSON")]
    [TestCase("[{\"a\":1}]", "no JSON object")]
    [TestCase("\"a\"", "no JSON object")]
    [TestCase("null", "no JSON object")]
    [TestCase("{\"a\":1,\"a\":1}", "more than once")]
    [TestCase("{\"a\":1,\"\\u0061\":1}", "more than once", Description = "compared after unescaping")]
    [TestCase("{\"a\":{\"b\":[{\"c\":1,\"c\":2}]}}", "more than once", Description = "at any depth")]
    [TestCase("{\"a\":[[[[[[[[1]]]]]]]]}", "deeper than 8")]
    [TestCase("{\"\\uD800\":1}", "name of a member holds half of a surrogate pair")]
    [TestCase("{\"a\\u0000\":1}", "name of a member holds the character U+0000")]
    [TestCase("{\"a\":\"1\",\"b\":\"\\uDC00\"}", "'b' holds half of a surrogate pair", Description = "also of a member that nobody asks for")]
    [TestCase("{\"a\":[{\"c\":{\"d\":\"x\\u0000\"}}]}", "'d' holds the character U+0000", Description = "at any depth")]
    [TestCase("{\"a\":[\"\\uD800\\u0041\"]}", "'a' holds half of a surrogate pair")]
    public void TryParse_NoSuchBody_SaysWhatIsWrong(string body, string expected)
    {
        Assert.That(JsonParameters.TryParse(Encoding.UTF8.GetBytes(body), out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain(expected).And.Not.Empty);
    }

    // It was read to its end to say what is wrong with it, at the square of its depth: a second of a core for each call.
    [Test]
    public void TryParse_NestedWithoutEnd_IsRefusedBeforeItIsRead()
    {
        var body = Encoding.UTF8.GetBytes(new string('[', 30_000) + new string(']', 30_000));

        Assert.That(JsonParameters.TryParse(body, out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("deeper than 8"));
    }

    [Test]
    public void TryParse_EightDeep_IsRead() =>
        Assert.That(JsonParameters.TryParse("{\"a\":[[[[[[[1]]]]]]]}"u8.ToArray(), out _, out var problem), Is.True, problem);

    [TestCase("7B2261223A22FF227D", TestName = "TryParse_ByteFF_IsNoUtf8")]
    [TestCase("7B2261223A22EDA080227D", TestName = "TryParse_SurrogateInUtf8_IsNoUtf8")]
    [TestCase("7B2261223A22C080227D", TestName = "TryParse_OverlongZero_IsNoUtf8")]
    [TestCase("FEFF007B", TestName = "TryParse_Utf16_IsNoUtf8")]
    public void TryParse_Bytes_(string hex)
    {
        Assert.That(JsonParameters.TryParse(Convert.FromHexString(hex), out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("UTF-8"));
    }
}
