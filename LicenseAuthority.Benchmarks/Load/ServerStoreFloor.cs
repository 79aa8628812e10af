namespace LicenseAuthority.Benchmarks.Load;

/// <summary>PostgreSQL: as many writers as connections.</summary>
/// <param name="Cpu">W, in µs: that of the server and that of its client.</param>
/// <param name="Rate">Orders stored a second when nothing else is done.</param>
internal sealed record ServerStoreFloor(double Cpu, double Rate) : StoreFloor(Cpu)
{
    /// <inheritdoc/>
    public override double Limit(double batch) => Rate;

    /// <inheritdoc/>
    public override StoreFloor MeanWith(StoreFloor later) => later is ServerStoreFloor other
        ? new ServerStoreFloor(Mean(Cpu, other.Cpu), Mean(Rate, other.Rate))
        : throw new ArgumentException("A floor of another database.", nameof(later));

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"PostgreSQL W {Cpu:N0} µs, {Rate:N0}/s stored");
}
