using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What the parts of an answer cost at least, on this machine at this moment. All in µs.</summary>
/// <param name="Http">H: the cores that were there, through the rate of a trivial GET with the same query; load client included.</param>
/// <param name="Sign">S: CPU of a signature, all cores at work.</param>
/// <param name="Verify">V: CPU of a verification, all cores at work.</param>
/// <param name="Flush">Median of a write with its flush.</param>
/// <param name="SlowFlush">99th percentile of the same.</param>
/// <param name="Stores">What storing an order costs, for each database that is measured.</param>
internal sealed record Floors(
    double Http, double Sign, double Verify, double Flush, double SlowFlush, IReadOnlyDictionary<SqlDialect, StoreFloor> Stores)
{
    /// <summary>The highest rate that the cores allow when they have nothing else to do.</summary>
    public double CoreLimit(SqlDialect database) => Environment.ProcessorCount * 1e6 / (Http + Sign + Verify + Stores[database].Cpu);

    /// <summary>The highest rate that the database allows with this average batch.</summary>
    public double StoreLimit(SqlDialect database, double batch) => Stores[database].Limit(batch);

    /// <summary>The lower of both, for the share of the cores that was there in a measurement.</summary>
    public double Limit(SqlDialect database, LoadSample sample) =>
        Math.Min(CoreLimit(database) * sample.Available, StoreLimit(database, sample.Batch));

    /// <summary>The mean of what was measured before and after something.</summary>
    public static Floors Between(Floors before, Floors after) => new(
        Mean(before.Http, after.Http),
        Mean(before.Sign, after.Sign),
        Mean(before.Verify, after.Verify),
        Mean(before.Flush, after.Flush),
        Mean(before.SlowFlush, after.SlowFlush),
        before.Stores.ToDictionary(static store => store.Key, store => store.Value.MeanWith(after.Stores[store.Key])));

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"H {Http:N0}, S {Sign:N0}, V {Verify:N0}; flush {Flush:N0} (p99 {SlowFlush:N0}) µs; {string.Join("; ", Stores.Values)}");

    private static double Mean(double one, double other) => (one + other) / 2;
}
