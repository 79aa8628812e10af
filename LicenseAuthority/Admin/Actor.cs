namespace LicenseAuthority.Admin;

/// <summary>Who calls, as it stands in events.</summary>
internal static class Actor
{
    /// <summary>Of a call that an <see cref="AdminPolicies"/> policy has let in.</summary>
    public static string Of(HttpContext context) => context.User.Identity?.Name ?? throw new InvalidOperationException("A route of the admin door has no policy.");
}
