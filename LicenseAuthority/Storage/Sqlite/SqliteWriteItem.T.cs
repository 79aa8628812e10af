namespace LicenseAuthority.Storage.Sqlite;

/// <summary>A write whose work returns a <typeparamref name="T"/>.</summary>
internal sealed class SqliteWriteItem<T>(Func<SqliteWriteSession, T> work) : SqliteWriteItem
{
    // Callers go on on their own threads: on this one they would keep everybody else waiting.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _completion.Task;

    public override void Run(SqliteWriteSession session)
    {
        _result = work(session);
    }

    protected override void SetResult()
    {
        _completion.TrySetResult(_result!);
    }

    protected override void SetException(Exception exception)
    {
        _completion.TrySetException(exception);
    }

    protected override void SetCanceled(CancellationToken cancellationToken)
    {
        _completion.TrySetCanceled(cancellationToken);
    }
}
