namespace LicenseAuthority.Client.Keeping;

/// <summary>A store that is gone with the process. Thread-safe.</summary>
internal sealed class MemoryStore : LicenseStore
{
    private readonly object _gate = new();
    private byte[]? _bytes;
    private int _uses;

    public override byte[]? Read()
    {
        lock (_gate)
        {
            return _bytes;
        }
    }

    public override bool TryUpdate(Func<byte[]?, byte[]?> update)
    {
        lock (_gate)
        {
            _bytes = update(_bytes) ?? _bytes;
            return true;
        }
    }

    internal override IDisposable Join()
    {
        Interlocked.Increment(ref _uses);
        return new MemoryStream();
    }

    internal override bool Leave(IDisposable joined)
    {
        joined.Dispose();
        return Interlocked.Decrement(ref _uses) == 0;
    }

    internal override string Describe() => "memory";
}
