using System.Globalization;

namespace LicenseAuthority.Doors;

/// <summary>Tells a caller when to come again.</summary>
internal static class RetryAfter
{
    /// <summary>Sets the header <c>Retry-After</c>: whole seconds, rounded up, at least one.</summary>
    public static void ComeAgainAfter(this HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
