namespace LicenseAuthority.Benchmarks.Load;

/// <summary>SQLite: one writer.</summary>
/// <param name="Cpu">W, in µs.</param>
/// <param name="Execute">The writer's time for the rows of one order, in µs.</param>
/// <param name="Commit">The writer's time for one COMMIT, in µs.</param>
internal sealed record WriterStoreFloor(double Cpu, double Execute, double Commit) : StoreFloor(Cpu)
{
    /// <inheritdoc/>
    public override double Limit(double batch) => 1e6 / (Execute + (Commit / batch));

    /// <inheritdoc/>
    public override StoreFloor MeanWith(StoreFloor later) => later is WriterStoreFloor other
        ? new WriterStoreFloor(Mean(Cpu, other.Cpu), Mean(Execute, other.Execute), Mean(Commit, other.Commit))
        : throw new ArgumentException("A floor of another database.", nameof(later));

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"SQLite W {Cpu:N0}, execute {Execute:N0}, COMMIT {Commit:N0} µs");
}
