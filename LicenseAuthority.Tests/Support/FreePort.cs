using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace LicenseAuthority.Tests.Support;

/// <summary>A port of this machine for who must know it before listening, or keep it over a restart.</summary>
internal static class FreePort
{
    /// <summary>Finds one below those that systems give to whoever asks for any: nobody gets it while its owner is down.</summary>
    public static int Find()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(15_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }
}
