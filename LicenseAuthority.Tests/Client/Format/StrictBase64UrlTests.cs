using System.Text;
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

    // Whole groups of four and what is left behind them are read by different lines.
    [Test]
    public void TryDecode_AForeignCharacterAnywhere_IsRefused([Range(2, 9)] int length)
    {
        if (length % 4 == 1)
        {
            return;
        }

        var good = new string('A', length);
        Assert.That(Decode(good), Is.True);
        for (var at = 0; at < length; at++)
        {
            foreach (var foreign in "+/=. \0\u007f\u0080\u00ff\u0141")
            {
                Assert.That(Decode($"{good[..at]}{foreign}{good[(at + 1)..]}"), Is.False, $"U+{(int)foreign:X4} at {at}");
            }
        }

        // A text, and the bytes of one, where each character is one.
        static bool Decode(string text)
        {
            var isText = StrictBase64Url.TryDecode(text, out _);
            var bytes = Encoding.Latin1.GetBytes(text);
            if (text.All(static character => character <= 0xFF))
            {
                Assert.That(StrictBase64Url.TryDecode(bytes, 0, bytes.Length, new byte[StrictBase64Url.GetDecodedSize(bytes.Length)]), Is.EqualTo(isText));
            }

            return isText;
        }
    }

    [Test]
    public void EncodeAndTryDecode_EveryByteAtEveryPlace_GoBothWays()
    {
        for (var value = 0; value < 256; value++)
        {
            byte[] bytes = [(byte)value, 0, (byte)(255 - value), (byte)value, (byte)(value ^ 0x55)];
            Assert.That(StrictBase64Url.TryDecode(StrictBase64Url.Encode(bytes), out var decoded), Is.True);
            Assert.That(decoded, Is.EqualTo(bytes));
        }
    }
}
