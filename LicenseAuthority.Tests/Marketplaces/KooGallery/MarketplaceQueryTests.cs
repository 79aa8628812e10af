using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>How a query is decoded: as the marketplace decodes it, since the signature is over that.</summary>
internal sealed class MarketplaceQueryTests
{
    [TestCase("a=1", "1")]
    [TestCase("a=", "")]
    [TestCase("a", "")]
    [TestCase("a=b=c", "b=c")]
    [TestCase("a=x+y", "x y")]
    [TestCase("a=x%2By", "x+y")]
    [TestCase("a=%e4%BD%A0", "你")]
    [TestCase("a=%00", "\0")]
    [TestCase("%61=1", "1")]
    [TestCase("&&a=1&", "1")]
    [TestCase("A=2&a=1", "1")]
    [TestCase("a=1&a=2", "1")]
    [TestCase("a=%2541", "%41")]
    public void TryParse_GoodQuery_DecodesOnce(string raw, string expected)
    {
        Assert.That(MarketplaceQuery.TryParse("?" + raw, out var query, out _), Is.True);
        Assert.That(query.Find("a"), Is.EqualTo(expected));
    }

    [TestCase("a=%")]
    [TestCase("a=%4")]
    [TestCase("a=%4&b=1")]
    [TestCase("a=%zz")]
    [TestCase("a=%+1")]
    [TestCase("a=%FF")]
    [TestCase("a=%C0%80")]
    [TestCase("a=%ED%A0%80")]
    [TestCase("a=%F4%90%80%80")]
    [TestCase("a=%E4%BD")]
    [TestCase("a=你")]
    public void TryParse_BadValue_NamesTheParameter(string raw)
    {
        Assert.That(MarketplaceQuery.TryParse("?" + raw, out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("'a'"));
    }

    [Test]
    public void TryParse_BadName_CountsToTheParameter()
    {
        Assert.That(MarketplaceQuery.TryParse("?x=1&%FF=2", out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("number 2"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("?")]
    public void TryParse_NoQuery_HasNoParameters(string? raw)
    {
        Assert.That(MarketplaceQuery.TryParse(raw, out var query, out _), Is.True);
        Assert.That(query.Sorted, Is.Empty);
    }

    // A supplementary character is two code units from D800 on, and sorts before U+FFFD there, but behind it in UTF-8.
    [Test]
    public void TryParse_ManyNames_SortsByCodeUnitsAndCase()
    {
        Assert.That(MarketplaceQuery.TryParse("?a=&%EF%BF%BD=&%F0%9F%94%91=&B=&_=&a1=", out var query, out _), Is.True);

        Assert.That(query.Sorted.Select(parameter => parameter.Key), Is.EqualTo(["B", "_", "a", "a1", "\U0001F511", "\uFFFD"]));
    }

    [Test]
    public void TryParse_RepeatedName_KeepsTheFirstAndSaysSo()
    {
        Assert.That(MarketplaceQuery.TryParse("?b=1&a=2&b=3", out var query, out _), Is.True);

        Assert.That(query.FirstRepeated, Is.EqualTo("b"));
        Assert.That(query.Find("b"), Is.EqualTo("1"));
    }

    [TestCase(16 * 1024, true)]
    [TestCase((16 * 1024) + 1, false)]
    public void TryParse_Length_IsLimited(int length, bool good)
    {
        Assert.That(MarketplaceQuery.TryParse("?a=" + new string('x', length - 2), out _, out var problem), Is.EqualTo(good));
        Assert.That(problem, good ? Is.Empty : Does.Contain("16384"));
    }
}
