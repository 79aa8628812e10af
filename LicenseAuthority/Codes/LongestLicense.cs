using System.Buffers.Text;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Codes;

/// <summary>A license whose code is as long as any of its product can be: every fact is there, and takes the most room.</summary>
internal static class LongestLicense
{
    // The marketplace sends up to 64 characters; a control character takes six bytes in JSON, more than any other takes.
    private static readonly string LongestName = new('\u0001', 64);

    // What the format allows, whatever a marketplace does.
    private static readonly TimeSpan LongestGrace = TimeSpan.FromDays(15);

    /// <summary>What the longest code is bound to: as many ids as a code may have, each of 16 bytes, and not all of them required, which must be said.</summary>
    public static readonly BoundDevice Device = new(
        [.. Enumerable.Range(0, 8).Select(static number => Base64Url.EncodeToString([.. Enumerable.Repeat((byte)number, 16)]))], 7);

    /// <summary>Makes it, as if issued <paramref name="now"/>: the certificate of the issuing key limits when codes may be made.</summary>
    public static License Of(Product product, DateTimeOffset now) => new()
    {
        Id = "lic_" + new string('Z', 26),
        Account = "",
        Product = product.Id,
        Test = true,
        Trial = true,
        Customer = new Customer("cus_" + new string('Z', 26), "", LongestName),
        Quantity = 9_999_999,
        Entitlements = product.Entitlements,
        IssuedAt = now,
        StartsAt = LicenseTime.Latest,
        ExpiresAt = LicenseTime.Latest,
        Grace = LongestGrace,
        Generation = int.MaxValue,
        UnboundGeneration = int.MaxValue,
        CodeIssuedAt = now,
        LastEventAt = now,
        RecordedState = LicenseState.Active,
        Version = 1,
    };
}
