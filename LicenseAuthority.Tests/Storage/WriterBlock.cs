using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Tests.Storage;

/// <summary>A write that keeps the writer busy until it is released, so that what is handed in meanwhile waits, in a known order.</summary>
internal sealed class WriterBlock : IDisposable
{
    private readonly ManualResetEventSlim _released = new();

    public WriterBlock(SqliteWriter writer)
    {
        using var started = new ManualResetEventSlim();
        Task = writer.RunAsync(_ =>
        {
            if (!_released.IsSet)
            {
                started.Set();
                _released.Wait();
            }

            return true;
        });
        started.Wait();
    }

    /// <summary>The blocking write itself.</summary>
    public Task<bool> Task { get; }

    public void Release()
    {
        _released.Set();
    }

    public void Dispose()
    {
        Release();
        // Its outcome does not matter here; only that the writer no longer waits for the event.
        Task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        _released.Dispose();
    }
}
