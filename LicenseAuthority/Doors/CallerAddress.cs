using System.Net;
using System.Net.Sockets;

namespace LicenseAuthority.Doors;

/// <summary>Which addresses count as one caller.</summary>
internal static class CallerAddress
{
    // A site gets so much of IPv6, and each machine in it as many addresses as it likes.
    private const int PrefixBytes = 64 / 8;

    /// <summary>As <see cref="KeyOf"/>; who comes without an address, such as through a socket file, counts as one.</summary>
    public static string KeyOfAny(IPAddress? address) => address is null ? "" : KeyOf(address);

    /// <summary>The same for all addresses of one caller: an IPv4 address by itself, also where it is written as IPv6; of IPv6 the whole /64.</summary>
    public static string KeyOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, PrefixBytes))
            : address.ToString();
    }
}
