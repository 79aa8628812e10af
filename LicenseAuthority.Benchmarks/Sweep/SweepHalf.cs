namespace LicenseAuthority.Benchmarks.Sweep;

/// <summary>Which half of <c>sweep</c> is measured.</summary>
internal enum SweepHalf
{
    Both = 0,

    /// <summary>The sweep with nothing beside.</summary>
    Alone = 1,

    /// <summary>Orders beside it.</summary>
    Beside = 2,
}
