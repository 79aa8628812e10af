namespace LicenseAuthority.Client.Fetching;

/// <summary>Where a code, which is a credential, may be sent, and where a list may come from. Pure.</summary>
internal static class OriginRule
{
    /// <summary>
    /// The address of a path below a base: the issuer of a code, or the host's mirror. False unless that is https, or http on this machine, without user, query or
    /// fragment.
    /// </summary>
    /// <param name="baseAddress">An absolute address, with or without a slash at its end.</param>
    /// <param name="path">Without a slash at its begin.</param>
    /// <param name="address">The address, or null.</param>
    public static bool TryResolve(string baseAddress, string path, out Uri? address)
    {
        address = null;
        return IsSafe(baseAddress) && Uri.TryCreate(baseAddress.TrimEnd('/') + "/" + path, UriKind.Absolute, out address);
    }

    /// <summary>
    /// The path of an address below a base: same scheme, host and port, and the base's path in front, segment by segment. False for any other address.
    /// </summary>
    public static bool TryGetPathBelow(string baseAddress, string address, out string path)
    {
        path = "";
        if (!IsSafe(baseAddress) || !IsSafe(address))
        {
            return false;
        }

        var (outer, inner) = (new Uri(baseAddress), new Uri(address));
        var prefix = outer.AbsolutePath.TrimEnd('/') + "/";
        if (!IsSameOrigin(outer, inner) || !inner.AbsolutePath.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        path = inner.AbsolutePath.Substring(prefix.Length);
        return path.Length > 0;
    }

    /// <summary>Whether an answer comes from where it was asked for, and not from somewhere that a redirect led to.</summary>
    public static bool IsSameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.Host, other.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an address is one at all to speak to.</summary>
    public static bool IsSafe(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == "https" || (address.Scheme == "http" && address.IsLoopback))
        && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0;
}
