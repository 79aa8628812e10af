using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>
/// How the marketplace signs a call of V2 (protocol section 2b), and what it expects in the header <c>Body-Sign</c> of an answer (section 1c): written from
/// its published rules, as <see cref="AuthToken"/>.
/// </summary>
internal static class BodySignature
{
    /// <summary>The signature of a call: upper-case hex, as the marketplace's examples show it.</summary>
    /// <param name="accessKey">The account's.</param>
    /// <param name="nonce">As it stands in the query.</param>
    /// <param name="timestamp">As it stands in the query.</param>
    /// <param name="body">The bytes that are sent.</param>
    public static string Of(string accessKey, string nonce, string timestamp, byte[] body)
    {
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(accessKey));
        var payload = Convert.ToHexString(hmac.ComputeHash(body)).ToLowerInvariant();
        return Convert.ToHexString(hmac.ComputeHash(Encoding.UTF8.GetBytes(string.Concat(accessKey, nonce, timestamp, payload))));
    }

    /// <summary>What is wrong with the signature of an answer; null = nothing.</summary>
    /// <param name="accessKey">The account's.</param>
    /// <param name="header">The header as it came; null = there was none.</param>
    /// <param name="body">The bytes that came.</param>
    public static string? FindFault(string accessKey, string? header, byte[] body)
    {
        if (header is null)
        {
            return "no Body-Sign";
        }

        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(accessKey));
        var expected = $"sign_type=\"HMAC-SHA256\", signature= \"{Convert.ToBase64String(hmac.ComputeHash(body))}\"";
        return header == expected ? null : "Body-Sign does not fit";
    }
}
