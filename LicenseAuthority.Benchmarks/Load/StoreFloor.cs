namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What storing one order costs at least, without HTTP.</summary>
/// <param name="Cpu">W: CPU for the rows of one order, in µs; that of a database server included.</param>
internal abstract record StoreFloor(double Cpu)
{
    /// <summary>The highest rate that the database allows with this average batch.</summary>
    public abstract double Limit(double batch);

    /// <summary>The mean of this and a later measurement of the same database.</summary>
    public abstract StoreFloor MeanWith(StoreFloor later);

    protected static double Mean(double one, double other) => (one + other) / 2;
}
