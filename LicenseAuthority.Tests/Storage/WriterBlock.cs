using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Storage;

/// <summary>A write that keeps the writer busy until it is released, so that what is handed in meanwhile waits, in a known order.</summary>
internal sealed class WriterBlock : IDisposable
{
    private readonly ManualResetEventSlim _released = new();

    public WriterBlock(SqliteWriter writer)
    {
        using var started = new ManualResetEventSlim();
        do
        {
            Task = writer.RunAsync(_ =>
            {
                if (!_released.IsSet)
                {
                    started.Set();
                    _released.Wait();
                }

                return true;
            });

            // On a machine so busy that it waited too long for its turn it is turned away, and never starts.
            var first = WaitHandle.WaitAny([started.WaitHandle, ((IAsyncResult)Task).AsyncWaitHandle], Patience.Length);
            Assert.That(first, Is.Not.EqualTo(WaitHandle.WaitTimeout), "the writer is stuck");
        }
        while (!started.IsSet);
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
