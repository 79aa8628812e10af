using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>
/// Authenticates V1 calls by their <c>authToken</c> (protocol sections 1 and 1b): Base64 of HMAC-SHA256 with the key accessKey ‖ timeStamp over all
/// decoded parameters but <c>authToken</c>, sorted by name, as <c>k=v</c> joined by <c>&amp;</c>. The <c>timeStamp</c> is in both.
/// </summary>
internal static class V1Authentication
{
    private const string TokenParameter = "authToken";
    private const string TimeStampParameter = "timeStamp";
    private const string TimeStampFormat = "yyyyMMddHHmmssfff";

    /// <summary>The key that the call was signed with, or null. Compares in constant time, and with every key.</summary>
    public static AccessKey? FindKey(MarketplaceQuery query, IReadOnlyList<AccessKey> keys)
    {
        var token = Encoding.UTF8.GetBytes(ReadToken(query));
        var signed = SignedText(query);
        var timeStamp = Encoding.UTF8.GetBytes(query.Find(TimeStampParameter) ?? "");
        AccessKey? found = null;
        foreach (var key in keys)
        {
            // The texts are compared, not the bytes that they encode: one token has one spelling.
            var expected = Encoding.UTF8.GetBytes(CreateToken(key, timeStamp, signed));
            if (CryptographicOperations.FixedTimeEquals(expected, token))
            {
                found ??= key;
            }
        }

        return found;
    }

    /// <summary>The token that a call with these parameters must carry.</summary>
    public static string CreateToken(AccessKey key, MarketplaceQuery query) => CreateToken(
        key, Encoding.UTF8.GetBytes(query.Find(TimeStampParameter) ?? ""), SignedText(query));

    /// <summary>When the caller says that it called, by its <c>timeStamp</c> in UTC; null when it does not say so in the marketplace's form. Refuses nothing.</summary>
    public static DateTimeOffset? ReadTimeStamp(ICallParameters query) => DateTimeOffset.TryParseExact(
        query.Find(TimeStampParameter), TimeStampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var calledAt)
        ? calledAt
        : null;

    /// <summary>
    /// The token that the call carries, empty if none. A caller that did not encode its plus signs made blanks of them (uncertain whether that happens:
    /// tolerated).
    /// </summary>
    public static string ReadToken(ICallParameters query) => (query.Find(TokenParameter) ?? "").Replace(' ', '+');

    private static string CreateToken(AccessKey key, byte[] timeStamp, ReadOnlySpan<byte> signed) =>
        Convert.ToBase64String(HMACSHA256.HashData((byte[])[.. key.Bytes, .. timeStamp], signed));

    private static ReadOnlySpan<byte> SignedText(MarketplaceQuery query)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        foreach (var (name, value) in query.Sorted)
        {
            if (name == TokenParameter)
            {
                continue;
            }

            if (text.WrittenCount > 0)
            {
                text.Write("&"u8);
            }

            Encoding.UTF8.GetBytes(name, text);
            text.Write("="u8);
            Encoding.UTF8.GetBytes(value, text);
        }

        return text.WrittenSpan;
    }
}
