using Microsoft.AspNetCore.Connections;

namespace LicenseAuthority.Doors;

/// <summary>
/// Keeps connections that ask nothing from using up what the process may open: of too many idle ones the one that has been idle longest is closed, and no
/// new one is ever refused, as it may be the marketplace's. One that has sent a part of a request is idle too. Thread-safe.
/// </summary>
internal sealed class IdleConnections(int most)
{
    /// <summary>How many may be idle: far more than load balancers keep, far fewer than a process may open.</summary>
    public const int Most = 1000;

    private readonly Lock _gate = new();

    // The one that has been idle longest is the first.
    private readonly LinkedList<Tracked> _idle = new();

    /// <summary>Follows a connection from its beginning to its end.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var tracked = new Tracked(connection);
        connection.Features.Set(tracked);
        BecomeIdle(tracked);
        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
            {
                tracked.IsOver = true;
                if (tracked.Node.List is not null)
                {
                    _idle.Remove(tracked.Node);
                }
            }
        }
    }

    /// <summary>A connection with a request is not idle.</summary>
    public async Task OnRequestAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Tracked>() is not { } tracked)
        {
            await next(context);
            return;
        }

        lock (_gate)
        {
            if (tracked.Requests++ == 0 && tracked.Node.List is not null)
            {
                _idle.Remove(tracked.Node);
            }
        }

        try
        {
            await next(context);
        }
        finally
        {
            BecomeIdle(tracked, requestsEnded: 1);
        }
    }

    private void BecomeIdle(Tracked tracked, int requestsEnded = 0)
    {
        Tracked? longestIdle = null;
        lock (_gate)
        {
            // HTTP/2 has several requests at once on a connection.
            tracked.Requests -= requestsEnded;
            if (tracked.Requests > 0 || tracked.IsOver)
            {
                return;
            }

            _idle.AddLast(tracked.Node);
            if (_idle.Count > most)
            {
                longestIdle = _idle.First!.Value;
                longestIdle.IsOver = true;
                _idle.RemoveFirst();
            }
        }

        longestIdle?.Connection.Abort(new ConnectionAbortedException("Too many connections are idle, and this one has been for longest."));
    }

    private sealed class Tracked
    {
        public Tracked(ConnectionContext connection)
        {
            Connection = connection;
            Node = new LinkedListNode<Tracked>(this);
        }

        public ConnectionContext Connection { get; }

        public LinkedListNode<Tracked> Node { get; }

        public int Requests { get; set; }

        public bool IsOver { get; set; }
    }
}
