using System.Net;

namespace LicenseAuthority.Codes;

/// <summary>The setting <c>PublicUrl</c>: where licensed software reaches this authority, and the <c>iss</c> of every code.</summary>
internal sealed class PublicUrl
{
    public const string Setting = "PublicUrl";

    private readonly Uri _url;

    private PublicUrl(string text, Uri url)
    {
        Text = text;
        _url = url;
    }

    /// <summary>The URL as configured, without a trailing slash.</summary>
    public string Text { get; }

    /// <summary>The path below which a proxy serves this authority, such as <c>/licenses</c>; empty = none.</summary>
    public string Path => _url.AbsolutePath.TrimEnd('/');

    /// <summary>
    /// Reads the setting. <see cref="ConfigurationException"/> unless it is an absolute http or https URL, and not of this machine alone unless
    /// <paramref name="allowLoopback"/> says so.
    /// </summary>
    public static PublicUrl From(IConfiguration configuration, bool allowLoopback)
    {
        const string Remedy = "Set it to the http or https address at which licensed software reaches this service, "
            + "without user, query and fragment, such as https://licenses.example.com.";
        var text = (configuration[Setting] ?? "").Trim().TrimEnd('/');
        if (text.Length == 0)
        {
            throw new ConfigurationException($"PublicUrl is not set. {Remedy}");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
            || url.UserInfo.Length != 0
            || url.Query.Length != 0
            || url.Fragment.Length != 0)
        {
            // Not with what was configured: it may hold a password, and the password is why it was refused.
            throw new ConfigurationException($"PublicUrl is {(text.Contains('@', StringComparison.Ordinal) ? "not fit" : $"'{text}'")}. {Remedy}");
        }

        // It stands in every code for as long as the code lives: software on other machines would look for the authority at home.
        return allowLoopback || !IsThisMachine(url)
            ? new PublicUrl(text, url)
            : throw new ConfigurationException($"PublicUrl is '{text}', which no other machine can reach, and it stands in every license code. {Remedy}");
    }

    /// <summary>Null, or a warning: this URL is of this machine, and the service listens on other ports of it.</summary>
    /// <param name="addresses">Where it listens.</param>
    public string? FindOtherPort(IEnumerable<string> addresses)
    {
        var listening = addresses.ToList();
        return IsThisMachine(_url) && listening.TrueForAll(address => BindingAddress.Parse(address).Port != _url.Port)
            ? $"PublicUrl is {Text}, but the service listens on {string.Join(", ", listening)}: license codes made now name an address at which it does not answer. "
                + "Start it with both, such as --urls http://localhost:5081 --PublicUrl http://localhost:5081"
            : null;
    }

    // Loopback, the names that RFC 6761 reserves for it, and "any address", which is for listening only.
    private static bool IsThisMachine(Uri url) =>
        url.IsLoopback
        || url.IdnHost.TrimEnd('.').EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || url.IdnHost.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(url.IdnHost, out var address)
            && (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    /// <summary>The address of a status list, the <c>uri</c> of the <c>status</c> claim.</summary>
    public string StatusListUri(long list) => StatusListUri(Text, list);

    /// <summary>The address of a status list of an authority that is, or was, at <paramref name="url"/>.</summary>
    public static string StatusListUri(string url, long list) => FormattableString.Invariant($"{url}/licensee/v1/status-lists/{list}");
}
