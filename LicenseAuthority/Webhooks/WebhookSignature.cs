using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Webhooks;

/// <summary>The signature of Standard Webhooks 1.0.0, <c>v1</c>: HMAC-SHA-256 over <c>id.timestamp.payload</c>.</summary>
internal static class WebhookSignature
{
    /// <summary>The header <c>webhook-signature</c>.</summary>
    /// <param name="secret">The secret's bytes, decoded.</param>
    /// <param name="messageId">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: the attempt, in Unix seconds.</param>
    /// <param name="payload">The exact bytes of the body.</param>
    public static string Sign(ReadOnlySpan<byte> secret, string messageId, long timestamp, ReadOnlySpan<byte> payload)
    {
        byte[] content = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{messageId}.{timestamp}.")), .. payload];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, content));
    }
}
