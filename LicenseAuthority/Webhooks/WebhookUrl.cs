using System.Net;

namespace LicenseAuthority.Webhooks;

/// <summary>What a URL of a webhook must be like.</summary>
internal static class WebhookUrl
{
    /// <summary>The longest one, in characters.</summary>
    public const int Longest = 2000;

    /// <summary>
    /// Why events must not go there, with the remedy; null when they may. A name is judged when it is resolved, at every connection; an address is judged
    /// here already, so that a mistake is told to who makes it.
    /// </summary>
    public static string? FindFault(string text, bool allowPrivateAddresses)
    {
        const string Example = "such as https://hooks.example.com/licenses";
        if (text.Length > Longest)
        {
            return $"The url has {text.Length} characters, at most {Longest} are allowed.";
        }

        if (text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character))
            || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 || !(url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp))
        {
            return $"The url must be an absolute https address, {Example}.";
        }

        if (url.UserInfo.Length > 0)
        {
            return "The url must not hold a user or a password. The signature tells the receiver who calls.";
        }

        if (url.Fragment.Length > 0)
        {
            return "The url must not have a fragment (#…): it is never sent.";
        }

        if (url.Scheme != Uri.UriSchemeHttps && !allowPrivateAddresses)
        {
            return $"The url must begin with https, {Example}. Only with the setting Webhooks:AllowPrivateAddresses it may be http.";
        }

        return !allowPrivateAddresses && IPAddress.TryParse(url.DnsSafeHost, out var address) && !GlobalAddress.Is(address)
            ? "The url names an address that is not public. Only with the setting Webhooks:AllowPrivateAddresses events may stay inside the network."
            : null;
    }
}
