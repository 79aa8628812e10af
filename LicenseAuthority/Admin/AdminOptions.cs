namespace LicenseAuthority.Admin;

/// <summary>The configuration section <c>Admin</c>.</summary>
internal sealed class AdminOptions
{
    /// <summary>Name of the section.</summary>
    public const string SectionName = "Admin";

    /// <summary>
    /// The first API key, with all scopes: at least 32 characters of ASCII without blanks. Default: none; Development then makes one at every start and prints it,
    /// elsewhere the admin door stays closed.
    /// </summary>
    public string? BootstrapApiKey { get; set; }

    /// <summary>Says whether there is a key, not which.</summary>
    public override string ToString() => BootstrapApiKey is null ? "no bootstrap key" : "a bootstrap key";
}
