namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What the parts of an answer cost at least, on this machine at this moment. All in µs.</summary>
/// <param name="Http">H: the cores that were there, through the rate of a trivial GET with the same query; load client included.</param>
/// <param name="Sign">S: CPU of a signature, all cores at work.</param>
/// <param name="Verify">V: CPU of a verification, all cores at work.</param>
/// <param name="Write">W: the writer's CPU for the rows of one order.</param>
/// <param name="Execute">The writer's time for the rows of one order.</param>
/// <param name="Commit">The writer's time for one COMMIT.</param>
/// <param name="Flush">Median of a write with its flush.</param>
/// <param name="SlowFlush">99th percentile of the same.</param>
internal sealed record Floors(
    double Http, double Sign, double Verify, double Write, double Execute, double Commit, double Flush, double SlowFlush)
{
    /// <summary>The highest rate that the cores allow when they have nothing else to do.</summary>
    public double CoreLimit => Environment.ProcessorCount * 1e6 / (Http + Sign + Verify + Write);

    /// <summary>The highest rate that one writer allows with this average batch.</summary>
    public double WriterLimit(double batch) => 1e6 / (Execute + (Commit / batch));

    /// <summary>The lower of both, for the share of the cores that was there in a measurement.</summary>
    public double Limit(LoadSample sample) => Math.Min(CoreLimit * sample.Available, WriterLimit(sample.Batch));

    /// <summary>The mean of what was measured before and after something.</summary>
    public static Floors Between(Floors before, Floors after) => new(
        Mean(before.Http, after.Http),
        Mean(before.Sign, after.Sign),
        Mean(before.Verify, after.Verify),
        Mean(before.Write, after.Write),
        Mean(before.Execute, after.Execute),
        Mean(before.Commit, after.Commit),
        Mean(before.Flush, after.Flush),
        Mean(before.SlowFlush, after.SlowFlush));

    /// <inheritdoc/>
    public override string ToString() =>
        $"H {Http:N0}, S {Sign:N0}, V {Verify:N0}, W {Write:N0}; execute {Execute:N0}, COMMIT {Commit:N0}; flush {Flush:N0} (p99 {SlowFlush:N0}) µs";

    private static double Mean(double one, double other) => (one + other) / 2;
}
