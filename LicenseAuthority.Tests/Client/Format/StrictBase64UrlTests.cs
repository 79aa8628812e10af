using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Tests.Client.Format;

public sealed class StrictBase64UrlTests
{
    // RFC 4648 section 10, without padding.
    [TestCase("", "")]
    [TestCase("66", "Zg")]
    [TestCase("666f", "Zm8")]
    [TestCase("666f6f", "Zm9v")]
    [TestCase("666f6f62", "Zm9vYg")]
    [TestCase("fbff", "-_8")]
    public void EncodeAndTryDecode_KnownPair_GoBothWays(string hex, string text)
    {
        Assert.That(StrictBase64Url.Encode(Convert.FromHexString(hex)), Is.EqualTo(text));
        Assert.That(StrictBase64Url.TryDecode(text, out var bytes), Is.True);
        Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(hex));
    }

    [TestCase("Zh", Description = "padding bits not zero")]
    [TestCase("Zm9=", Description = "padding")]
    [TestCase("Zg==", Description = "padding")]
    [TestCase("Z", Description = "no value has this many characters")]
    [TestCase("+/8", Description = "the other alphabet")]
    [TestCase("Zm 8", Description = "white space")]
    [TestCase("Zm8\u00e9", Description = "not ASCII")]
    public void TryDecode_OtherSpelling_IsRefused(string text) => Assert.That(StrictBase64Url.TryDecode(text, out _), Is.False);
}
