namespace LicenseAuthority.Codes;

/// <summary>The setting <c>PublicUrl</c>: where licensed software reaches this authority, and the <c>iss</c> of every code.</summary>
internal sealed class PublicUrl
{
    /// <summary>The setting's name.</summary>
    public const string Setting = "PublicUrl";

    private PublicUrl(string text) => Text = text;

    /// <summary>The URL as configured, without a trailing slash.</summary>
    public string Text { get; }

    /// <summary>Reads the setting. <see cref="ConfigurationException"/> unless it is an absolute http or https URL.</summary>
    public static PublicUrl From(IConfiguration configuration)
    {
        var text = (configuration[Setting] ?? "").Trim().TrimEnd('/');
        return Uri.TryCreate(text, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.UserInfo.Length == 0
            && url.Query.Length == 0
            && url.Fragment.Length == 0
            ? new PublicUrl(text)
            : throw new ConfigurationException(
                // Not with what was configured: it may hold a password, and the password is why it was refused.
                $"PublicUrl is {(text.Contains('@', StringComparison.Ordinal) ? "not fit" : $"'{text}'")}. Set it to the http or https address at which licensed software reaches this service, "
                + "without user, query and fragment, such as https://licenses.example.com.");
    }

    /// <summary>The address of a status list, the <c>uri</c> of the <c>status</c> claim.</summary>
    public string StatusListUri(int list) => FormattableString.Invariant($"{Text}/licensee/v1/status-lists/{list}");
}
