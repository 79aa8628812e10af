using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>A keep-alive connection that sends ready-made bytes and reads one answer. Knows just enough HTTP/1.1 for that.</summary>
internal sealed class HttpConnection : IDisposable
{
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    private static readonly byte[] LastChunk = "\r\n0\r\n\r\n"u8.ToArray();

    private const int Chunked = -1;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>Connects to a server on this machine.</summary>
    public async Task ConnectAsync(int port) => await _socket.ConnectAsync(IPAddress.Loopback, port);

    /// <summary>Sends a request and returns the status and the body of its answer; the body is valid until the next call.</summary>
    public async ValueTask<(int Status, ReadOnlyMemory<byte> Body)> ExchangeAsync(ReadOnlyMemory<byte> request)
    {
        await _socket.SendAsync(request);
        var filled = 0;
        var bodyAt = 0;
        var bodyLength = 0;
        while (true)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(filled));
            if (read == 0)
            {
                throw new IOException("The server closed the connection in the middle of an answer.");
            }

            filled += read;
            if (bodyAt == 0)
            {
                var head = _buffer.AsSpan(0, filled).IndexOf(EndOfHead);
                if (head < 0)
                {
                    continue;
                }

                bodyAt = head + EndOfHead.Length;
                bodyLength = ReadContentLength(_buffer.AsSpan(0, bodyAt));
            }

            if (bodyLength == Chunked)
            {
                // The chunks' sizes stay in the body: what is looked for in it is found all the same.
                if (_buffer.AsSpan(bodyAt, filled - bodyAt).EndsWith(LastChunk))
                {
                    return (ReadStatus(_buffer), _buffer.AsMemory(bodyAt, filled - bodyAt));
                }
            }
            else if (filled >= bodyAt + bodyLength)
            {
                return (ReadStatus(_buffer), _buffer.AsMemory(bodyAt, bodyLength));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static int ReadStatus(ReadOnlySpan<byte> answer) => Utf8Parser.TryParse(answer["HTTP/1.1 ".Length..], out int status, out _) ? status : 0;

    private static int ReadContentLength(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        if (at < 0 && head.IndexOf("Transfer-Encoding: chunked"u8) >= 0)
        {
            return Chunked;
        }

        return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _)
            ? length
            : throw new IOException("The answer has no Content-Length.");
    }
}
