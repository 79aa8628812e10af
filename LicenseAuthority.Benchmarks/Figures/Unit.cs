namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>What a figure is counted in.</summary>
internal enum Unit
{
    /// <summary>A time. Tables show it in the unit that is easy to read.</summary>
    Microseconds = 0,

    PerSecond = 1,

    Bytes = 2,

    Megabytes = 3,

    /// <summary>How many.</summary>
    Count = 4,
}
