using Microsoft.AspNetCore.Connections;

namespace LicenseAuthority.Doors;

/// <summary>
/// When a request came, as near to its first byte as this process can tell: before it waits for its turn at a door and before its body is read. Of the first request of
/// a connection without TLS that is its first byte; of others the end of their header, as the server tells nobody of what comes before. One for each connection, which
/// has one request at a time.
/// </summary>
internal sealed class FirstByte
{
    private long _at;
    private long? _seenAt;

    /// <summary>Follows a connection.</summary>
    public static Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set(new FirstByte());
        return next(connection);
    }

    /// <summary>The first bytes of a connection are those of a request, and here.</summary>
    public static void Seen(ConnectionContext connection, TimeProvider time)
    {
        if (connection.Features.Get<FirstByte>() is { } first)
        {
            first._seenAt = time.GetTimestamp();
        }
    }

    /// <summary>A request begins.</summary>
    public static void Begin(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<FirstByte>() is { } first)
        {
            first._at = first._seenAt ?? time.GetTimestamp();
            first._seenAt = null;
        }
    }

    /// <summary>When the request came, as a timestamp; now where nobody knows.</summary>
    public static long Of(HttpContext context, TimeProvider time) => context.Features.Get<FirstByte>()?._at ?? time.GetTimestamp();
}
