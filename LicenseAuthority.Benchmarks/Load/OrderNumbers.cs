namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Numbers of orders: none comes twice in a run. Thread-safe.</summary>
internal sealed class OrderNumbers
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}
