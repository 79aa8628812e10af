using System.Net;
using System.Net.Sockets;

namespace LicenseAuthority.Tests.Support;

/// <summary>A port for a program of which the address must be known before it starts.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
