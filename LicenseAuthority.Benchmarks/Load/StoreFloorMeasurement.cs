namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Measures a <see cref="StoreFloor"/>, as often as asked.</summary>
internal abstract class StoreFloorMeasurement : IAsyncDisposable
{
    /// <summary>Measures once.</summary>
    /// <param name="connections">How many callers there are at once.</param>
    /// <param name="batch">How many orders share a COMMIT, where we decide that.</param>
    public abstract Task<StoreFloor> MeasureAsync(int connections, int batch);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
