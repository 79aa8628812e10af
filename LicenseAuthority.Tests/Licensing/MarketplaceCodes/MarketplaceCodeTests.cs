using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Tests.Licensing.MarketplaceCodes;

internal sealed class MarketplaceCodeTests
{
    [TestCase("PL0123456789abcd")]
    [TestCase("a")]
    [TestCase("-_-_")]
    [TestCase("0123456789012345678901234567890123456789012345678901234567890123")]
    public void Read_LettersDigitsAndDashes_IsOne(string text) => Assert.That(MarketplaceCode.Read(text)!.Text, Is.EqualTo(text));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("PL 0123")]
    [TestCase("PL.0123")]
    [TestCase("PL0123é")]
    [TestCase("PL０１２３")]
    [TestCase("PL0123\n")]
    [TestCase("01234567890123456789012345678901234567890123456789012345678901234")]
    public void Read_AnythingElse_IsNone(string? text) => Assert.That(MarketplaceCode.Read(text), Is.Null);

    [TestCase("PL0123456789abcd", "abcd")]
    [TestCase("01234567", "4567")]
    [TestCase("0123456", "456")]
    [TestCase("01", "1")]
    [TestCase("0", "")]
    public void LastCharacters_AreFourAndAtMostHalf(string text, string expected) =>
        Assert.That(MarketplaceCode.Read(text)!.LastCharacters, Is.EqualTo(expected));

    [Test]
    public void Texts_DoNotGiveItAway()
    {
        var code = MarketplaceCode.Read("PLSECRET0123456789")!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(code.ToString(), Is.EqualTo("marketplace code …6789"));
            Assert.That(new CodeOfLicense(code, EndKnownBy.Activation).ToString(), Does.Not.Contain("SECRET"));
            Assert.That(code.Alias, Does.Match("^code:[0-9a-f]{8}$"));
            Assert.That(code.OrderLine, Has.Length.GreaterThan(64), "no line id of a marketplace is as long");
        }
    }

    [Test]
    public void ShownLine_OfAMarketplaceStays_OfACodeIsEmpty()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(MarketplaceCode.ShownLine("CS1-000001"), Is.EqualTo("CS1-000001"));
            Assert.That(MarketplaceCode.ShownLine(MarketplaceCode.Read("PL01")!.OrderLine), Is.Empty);
        }
    }
}
