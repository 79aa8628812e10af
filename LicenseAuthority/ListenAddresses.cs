using System.Globalization;
using System.Net;

namespace LicenseAuthority;

/// <summary>
/// The addresses that the service is told to listen at, checked before anything is opened: the server itself takes a <c>]</c> too many for a name, and says
/// of others only that they are invalid.
/// </summary>
internal static class ListenAddresses
{
    private const string Remedy = "Write http://127.0.0.1:5080, or http://[::1]:5080 for IPv6; several with ; between them.";

    private static readonly string[] Schemes = ["http://", "https://"];

    /// <summary>Checks <c>urls</c> and the addresses of <c>Kestrel:Endpoints</c>.</summary>
    /// <exception cref="ConfigurationException">One is no address; the message names the setting, the address and the remedy.</exception>
    public static void Check(IConfiguration configuration)
    {
        Check(WebHostDefaults.ServerUrlsKey, configuration[WebHostDefaults.ServerUrlsKey]);
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            Check($"{endpoint.Path}:Url", endpoint["Url"]);
        }
    }

    /// <summary>What is wrong with an address, or null. It names no port for a host that is known by a name: that is the system's to find.</summary>
    public static string? FindFault(string address)
    {
        var scheme = Array.Find(Schemes, scheme => address.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
        if (scheme is null)
        {
            return "it begins with neither http:// nor https://";
        }

        var authority = address[scheme.Length..].TrimEnd('/');

        // Unix sockets and pipes have no host.
        if (authority.StartsWith("unix:", StringComparison.Ordinal) || authority.StartsWith("pipe:", StringComparison.Ordinal))
        {
            return null;
        }

        if (authority.Contains('/', StringComparison.Ordinal))
        {
            return "it has a path, and the service listens at the root; a path before it is the proxy's, and PublicUrl's";
        }

        return authority.StartsWith('[') ? FindFaultOfIPv6(authority) : FindFaultOfName(authority);
    }

    private static string? FindFaultOfIPv6(string authority)
    {
        var end = authority.IndexOf(']', StringComparison.Ordinal);
        if (end < 0)
        {
            return "the [ has no ]";
        }

        return !IPAddress.TryParse(authority[1..end], out _) ? "what stands between [ and ] is no IPv6 address"
            : authority.LastIndexOf(']') != end ? "it has a ] too many"
            : authority[(end + 1)..] is { Length: > 0 } rest && !rest.StartsWith(':') ? "something stands between ] and the port"
            : FindFaultOfPort(authority[(end + 1)..]);
    }

    private static string? FindFaultOfName(string authority)
    {
        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? authority : authority[..colon];
        return authority.Contains(']', StringComparison.Ordinal) || authority.Contains('[', StringComparison.Ordinal) ? "brackets stand around an IPv6 address, and nowhere else"
            : authority.LastIndexOf(':') != colon ? "an IPv6 address stands in brackets, [ and ]"
            : name.Length == 0 ? "it names no host; all addresses of this machine are *"
            : FindFaultOfPort(colon < 0 ? "" : authority[colon..]);
    }

    private static string? FindFaultOfPort(string port) =>
        port.Length == 0 || (port.Length > 1 && ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? null
            : "its port is no number from 0 to 65535";

    private static void Check(string setting, string? addresses)
    {
        foreach (var address in (addresses ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (FindFault(address) is { } fault)
            {
                throw new ConfigurationException($"The setting {setting} has '{address}', which is no address to listen at: {fault}. {Remedy}");
            }
        }
    }
}
