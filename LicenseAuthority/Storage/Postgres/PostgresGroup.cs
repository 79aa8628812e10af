using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// Works on one connection, in step: each runs until it waits for the server, and then what all of them wait for goes there in one way. Of works that ask for the
/// same lock one runs after the other. Nothing of it is concurrent: between two ways the works run one by one.
/// </summary>
internal sealed class PostgresGroup(NpgsqlConnection connection)
{
    private readonly Dictionary<string, PostgresSession> _holders = new(StringComparer.Ordinal);
    private string? _first;
    private List<Waiting> _waiting = [];

    /// <summary>Runs works to their ends. An exception is one of them, or of the server, and tells nothing of the others.</summary>
    /// <param name="members">The works.</param>
    /// <param name="first">Runs before all statements, with the first way. Null: nothing.</param>
    public async Task RunAsync(IReadOnlyList<PostgresMember> members, string? first = null)
    {
        _first = first;
        var runs = members.Select(RunAsync).ToList();
        try
        {
            while (!runs.TrueForAll(static run => run.IsCompletedSuccessfully))
            {
                if (runs.Find(static run => run.IsCompleted && !run.IsCompletedSuccessfully) is { } failed)
                {
                    await failed;
                }

                await SendWaitingAsync();
            }
        }
        catch (Exception exception)
        {
            // Before the connection goes, all of them have ended. What with does not matter: it is the fault of one.
            _waiting.ForEach(waiting => waiting.Answer.TrySetException(exception));
            await Task.WhenAll(runs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>Sends statements with the next way.</summary>
    public Task SendAsync(PostgresSession session, List<string> locks, IReadOnlyList<IReadOnlyList<PostgresCommand>> parts)
    {
        // The work goes on where the answer is given, and not on another thread.
        var waiting = new Waiting(session, locks, parts, new TaskCompletionSource());
        _waiting.Add(waiting);
        return waiting.Answer.Task;
    }

    private async Task RunAsync(PostgresMember member)
    {
        var session = new PostgresSession(this);
        await member.RunAsync(session);
        await session.FlushAsync();
        foreach (var (name, _) in _holders.Where(held => held.Value == session).ToList())
        {
            _holders.Remove(name);
        }
    }

    private async Task SendWaitingAsync()
    {
        var sent = _waiting.FindAll(TryHold);
        if (sent.Count == 0)
        {
            throw new InvalidOperationException("Works on the database wait for each other, or for something else than their session.");
        }

        await PostgresWay.SendAsync(
            connection, sent.SelectMany(static waiting => waiting.Locks), [.. sent.SelectMany(static waiting => waiting.Parts)], _first);
        _first = null;
        _waiting = [.. _waiting.Except(sent)];
        sent.ForEach(static waiting => waiting.Answer.SetResult());
    }

    // The server would not keep them apart: they are one transaction.
    private bool TryHold(Waiting waiting)
    {
        if (waiting.Locks.Exists(name => _holders.TryGetValue(name, out var holder) && holder != waiting.Session))
        {
            return false;
        }

        waiting.Locks.ForEach(name => _holders[name] = waiting.Session);
        return true;
    }

    private sealed record Waiting(PostgresSession Session, List<string> Locks, IReadOnlyList<IReadOnlyList<PostgresCommand>> Parts, TaskCompletionSource Answer);
}
