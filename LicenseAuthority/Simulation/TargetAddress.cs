namespace LicenseAuthority.Simulation;

/// <summary>The service that is called, as it was given: a base address, then the default account is called, or the whole production address of an account.</summary>
/// <param name="Production">Where the marketplace calls.</param>
/// <param name="Base">Where its other doors are; ends with a slash.</param>
/// <param name="Account">The name of the account in the path; null = the default one.</param>
internal sealed record TargetAddress(Uri Production, Uri Base, string? Account)
{
    private const string Path = "/marketplace/koogallery";

    /// <summary>Reads one.</summary>
    /// <exception cref="SimulationException">It is none, or one to which keys must not be sent.</exception>
    public static TargetAddress Parse(string text)
    {
        var address = Read(
            text, "--against", "a base address such as https://license.example.com, or a whole production address such as https://license.example.com/marketplace/koogallery/NAME");
        var path = address.AbsolutePath.TrimEnd('/');
        var at = path.IndexOf(Path, StringComparison.Ordinal);
        if (at < 0)
        {
            return Create(address, path, account: null);
        }

        return path[(at + Path.Length)..] switch
        {
            "" => Create(address, path[..at], account: null),
            ['/', .. var name] when !name.Contains('/', StringComparison.Ordinal) => Create(address, path[..at], Uri.UnescapeDataString(name)),
            _ => throw new SimulationException($"--against goes on behind the production address: it ends with {Path}, or with {Path}/NAME for an account with a name."),
        };
    }

    /// <summary>Reads the base address of an admin door; ends with a slash.</summary>
    /// <exception cref="SimulationException">It is none, or one to which keys must not be sent.</exception>
    public static Uri ParseAdmin(string text)
    {
        var address = Read(text, "--admin", "a base address such as https://admin.example.com");
        const string Door = "/admin/v1";
        var path = address.AbsolutePath.TrimEnd('/');
        return new Uri(address.GetLeftPart(UriPartial.Authority) + (path.EndsWith(Door, StringComparison.Ordinal) ? path[..^Door.Length] : path) + "/");
    }

    private static Uri Read(string text, string option, string examples)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
            || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw new SimulationException($"{option} must be an http or https address without user, query and fragment: {examples}.");
        }

        return address.Scheme == "https" || address.IsLoopback
            ? address
            : throw new SimulationException($"{option} must be an https address: http, where others read the answers and the admin key, only to this machine (http://localhost:5080).");
    }

    private static TargetAddress Create(Uri address, string basePath, string? account)
    {
        var authority = address.GetLeftPart(UriPartial.Authority);
        var production = authority + basePath + Path + (account is null ? "" : "/" + Uri.EscapeDataString(account));
        return new TargetAddress(new Uri(production), new Uri($"{authority}{basePath}/"), account);
    }
}
