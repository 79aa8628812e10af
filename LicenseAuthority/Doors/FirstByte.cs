using Microsoft.AspNetCore.Connections;

namespace LicenseAuthority.Doors;

/// <summary>
/// When a request came, as near to its first byte as this process can tell: before it waits for its turn at a door and before its body is read. One for each
/// connection, which has one request at a time.
/// </summary>
internal sealed class FirstByte
{
    private long _at;

    /// <summary>Follows a connection.</summary>
    public static Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set(new FirstByte());
        return next(connection);
    }

    /// <summary>A request begins.</summary>
    public static void Begin(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<FirstByte>() is { } first)
        {
            first._at = time.GetTimestamp();
        }
    }

    /// <summary>When the request came, as a timestamp; now where nobody knows.</summary>
    public static long Of(HttpContext context, TimeProvider time) => context.Features.Get<FirstByte>()?._at ?? time.GetTimestamp();
}
