using System.Net;
using System.Net.Sockets;

namespace LicenseAuthority.Webhooks;

/// <summary>
/// Which addresses are global unicast: reachable by everybody, so that calling them for somebody gives away nothing. After the IANA registries of special
/// purpose addresses (RFC 6890). IPv4 inside IPv6 is judged as IPv4.
/// </summary>
internal static class GlobalAddress
{
    // Whatever is not for everybody, in whole blocks: a receiver in the few exceptions within them does not exist.
    private static readonly IPNetwork[] NotGlobal4 =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // shared, behind carriers' NAT; clouds keep metadata there
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), // link local; clouds keep metadata there
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // relays of 6to4, which ended
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // documentation
        IPNetwork.Parse("203.0.113.0/24"), // documentation
        IPNetwork.Parse("224.0.0.0/3"), // multicast, reserved, broadcast
    ];

    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotGlobal6 =
    [
        IPNetwork.Parse("2001::/23"), // protocols, Teredo with its IPv4 inside
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("2002::/16"), // 6to4 with its IPv4 inside
        IPNetwork.Parse("3fff::/20"), // documentation
    ];

    // NAT64: a gateway sends it on to the IPv4 address in the last four bytes.
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>True for a global unicast address.</summary>
    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Is(address.MapToIPv4());
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !Array.Exists(NotGlobal4, network => network.Contains(address));
        }

        if (Nat64.Contains(address))
        {
            return Is(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        }

        return Global6.Contains(address) && !Array.Exists(NotGlobal6, network => network.Contains(address));
    }
}
