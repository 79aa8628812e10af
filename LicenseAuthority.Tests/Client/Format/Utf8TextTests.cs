using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Tests.Client.Format;

/// <summary>UTF-8 of foreign files and answers.</summary>
internal sealed class Utf8TextTests
{
    private static readonly UTF8Encoding Framework = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [TestCase("")]
    [TestCase("plain")]
    [TestCase("\ufeff\u00e9\u6d4b\ud83d\ude00\u07ff\u0800\uffff\udbff\udfff")]
    public void Decode_AText_GivesIt(string text) => Assert.That(Utf8Text.Decode(Framework.GetBytes(text)), Is.EqualTo(text));

    [TestCase(new byte[] { 0xC0, 0x80 }, 2)]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 }, 3)]
    [TestCase(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, 4)]
    [TestCase(new byte[] { 0xE6, 0xB5 }, 2)]
    [TestCase(new byte[] { 0xFF }, 1)]
    public void Decode_NoUtf8_GivesAReplacementForEachByte(byte[] bytes, int count) =>
        Assert.That(Utf8Text.Decode([(byte)'a', .. bytes, (byte)'b']), Is.EqualTo($"a{new string('\uFFFD', count)}b"));

    // Whatever the framework takes without a replacement is the same text here, and nothing else is.
    [Test]
    public void Decode_RandomBytes_AgreesWithTheFramework()
    {
        var random = new Random(3);
        var taken = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 5)];
            random.NextBytes(bytes);
            bytes[0] |= 0xC0;
            for (var j = 1; j < bytes.Length; j++)
            {
                bytes[j] = (byte)(random.Next(8) == 0 ? bytes[j] : (bytes[j] & 0x3F) | 0x80);
            }

            string? text = null;
            try
            {
                text = Framework.GetString(bytes);
                taken++;
            }
            catch (ArgumentException)
            {
                // No UTF-8.
            }

            var decoded = Utf8Text.Decode(bytes);
            Assert.That(text is null ? decoded.Contains('\uFFFD', StringComparison.Ordinal) : decoded == text, Is.True, Convert.ToHexString(bytes));
        }

        Assert.That(taken, Is.GreaterThan(1000));
    }
}
