using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LicenseAuthority.Tests.Storage;

/// <summary>
/// Stands between the service and PostgreSQL, and cuts connections on purpose: the next one that says COMMIT, either before the server hears it, or after
/// the server has done it and before the service hears that.
/// </summary>
internal sealed class PostgresProxy : IDisposable
{
    // COMMIT as a query of its own is what the driver sends; without its end it would be found in BEGIN … READ COMMITTED.
    private static readonly byte[] Commit = Encoding.ASCII.GetBytes("COMMIT\0");

    private static readonly byte[] Insert = Encoding.ASCII.GetBytes("INSERT INTO ");
    private static readonly byte[] Update = Encoding.ASCII.GetBytes("UPDATE ");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private int _cut;

    public PostgresProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections were cut so far.</summary>
    public int Cuts { get; private set; }

    /// <summary>Cuts the next COMMIT of something that was written, once: a snapshot that was only read ends in a COMMIT too, and nobody would miss it.</summary>
    /// <remarks>A write is known by the text of its statement, which is sent when a connection first uses it.</remarks>
    public void CutNextCommit(CutAt at) => Volatile.Write(ref _cut, (int)at);

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _serverPort);
                client.NoDelay = server.NoDelay = true;
                await Task.WhenAny(ForwardAsync(client, server), PumpAsync(server, client));
            }
            catch (SocketException)
            {
                // Either side went away; so does the other.
            }
        }
    }

    private async Task ForwardAsync(Socket client, Socket server)
    {
        var buffer = new byte[64 * 1024];
        var wrote = false;
        int count;
        while ((count = await client.ReceiveAsync(buffer)) > 0)
        {
            wrote |= buffer.AsSpan(0, count).IndexOf(Insert) >= 0 || buffer.AsSpan(0, count).IndexOf(Update) >= 0;
            var commits = buffer.AsSpan(0, count).IndexOf(Commit) >= 0;
            var cut = commits && wrote ? (CutAt)Interlocked.Exchange(ref _cut, 0) : CutAt.Never;
            wrote &= !commits;
            if (cut != CutAt.Never)
            {
                Cuts++;
            }

            if (cut == CutAt.BeforeTheServerHears)
            {
                return;
            }

            if (cut == CutAt.AfterTheServerHasDoneIt)
            {
                // Nobody else reads the answer: the pump's next read would pass it on, so the client is shut first.
                client.Shutdown(SocketShutdown.Both);
                await server.SendAsync(buffer.AsMemory(0, count));

                // The server says so after the commit; who reads it does not matter.
                await server.ReceiveAsync(new byte[1]);
                return;
            }

            for (var sent = 0; sent < count;)
            {
                sent += await server.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
    }

    private static async Task PumpAsync(Socket server, Socket client)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await server.ReceiveAsync(buffer)) > 0)
        {
            for (var sent = 0; sent < count;)
            {
                sent += await client.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
    }

    /// <summary>When a COMMIT loses its connection.</summary>
    internal enum CutAt
    {
        Never = 0,
        BeforeTheServerHears = 1,
        AfterTheServerHasDoneIt = 2,
    }
}
