namespace LicenseAuthority.Admin;

/// <summary>The configuration section <c>Admin</c>.</summary>
internal sealed class AdminOptions
{
    public const string SectionName = "Admin";

    /// <summary>
    /// The first API key, with all scopes: at least 32 characters of ASCII without blanks. Default: none; Development then makes one at every start and prints it,
    /// elsewhere the admin door stays closed.
    /// </summary>
    public string? BootstrapApiKey { get; set; }

    /// <summary>
    /// Where the admin door alone listens, such as <c>http://127.0.0.1:5081</c>, several separated by semicolons; the ports must be its own. Default: none, it
    /// is open wherever the service listens.
    /// </summary>
    public string? Urls { get; set; }

    /// <summary>Says whether there is a key, not which.</summary>
    public override string ToString() => BootstrapApiKey is null ? "no bootstrap key" : "a bootstrap key";
}
