namespace LicenseAuthority.Storage.Postgres;

/// <summary>A work that waits to share a way to the server with others. It is either taken or withdrawn by its caller, never both.</summary>
internal abstract class PostgresMember(string order)
{
    private int _taken;

    /// <summary>The works of a group run in the order of this.</summary>
    public string Order => order;

    /// <summary>Since when it waits, as a timestamp.</summary>
    public long QueuedAt { get; set; }

    /// <summary>From now on it cannot be withdrawn. False: it was, and must not run.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    /// <summary>Runs the work and keeps its result.</summary>
    public abstract Task RunAsync(PostgresSession session);

    /// <summary>Lets the caller go on with the result.</summary>
    public abstract void Complete();

    /// <summary>Has the caller run the work alone: the group has failed, by whomever.</summary>
    /// <param name="outcomeUnknown">It did so in its COMMIT, and nobody knows whether that took place.</param>
    /// <param name="tries">How many times the work has run on a connection that broke.</param>
    public abstract void Fail(bool outcomeUnknown, int tries);

    /// <summary>Lets the caller go on with an error.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A work that returns a <typeparamref name="T"/>.</summary>
internal sealed class PostgresMember<T>(string order, Func<PostgresSession, ValueTask<T>> work) : PostgresMember(order)
{
    // Callers go on on threads of their own: the group waits for nobody.
    private readonly TaskCompletionSource<Outcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    /// <summary>Waits for what becomes of it. The token withdraws it as long as it waits for its turn.</summary>
    public async Task<Outcome> WaitAsync(CancellationToken cancellationToken)
    {
        await using var withdrawing = cancellationToken.UnsafeRegister(
            static (member, token) =>
            {
                if (((PostgresMember<T>)member!).TryTake())
                {
                    ((PostgresMember<T>)member)._outcome.TrySetCanceled(token);
                }
            },
            this);
        return await _outcome.Task;
    }

    public override async Task RunAsync(PostgresSession session) => _result = await work(session);

    public override void Complete() => _outcome.TrySetResult(new Outcome(IsDone: true, _result, OutcomeUnknown: false, Tries: 0));

    public override void Fail(bool outcomeUnknown, int tries) => _outcome.TrySetResult(new Outcome(IsDone: false, default, outcomeUnknown, tries));

    public override void Fail(Exception exception) => _outcome.TrySetException(exception);

    /// <summary>What became of it: the result, or that it is to run alone.</summary>
    internal sealed record Outcome(bool IsDone, T? Result, bool OutcomeUnknown, int Tries);
}
