namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>Where and when figures were measured: without it they say nothing.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Cores">Cores.</param>
/// <param name="Processor">The model of the processor.</param>
/// <param name="OperatingSystem">And its version.</param>
/// <param name="DotNet">The runtime of services and floors.</param>
/// <param name="FileSystem">Where the databases were.</param>
/// <param name="Runs">How often orders were measured, and how long each time.</param>
/// <param name="Took">The whole run.</param>
/// <param name="Idle">Share of the whole run in which the cores had nothing to do.</param>
/// <param name="Stolen">Share that the host of this virtual machine gave to others.</param>
/// <param name="Others">Share that other programs took while orders were measured; null when they were not.</param>
internal sealed record MeasuredMachine(
    DateTimeOffset At,
    int Cores,
    string Processor,
    string OperatingSystem,
    string DotNet,
    string FileSystem,
    string Runs,
    TimeSpan Took,
    double Idle,
    double Stolen,
    double? Others);
