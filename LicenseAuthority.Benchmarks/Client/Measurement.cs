namespace LicenseAuthority.Benchmarks.Client;

/// <summary>Two things, timed in turn. Medians.</summary>
/// <param name="Microseconds">Of the one that is measured.</param>
/// <param name="Floor">Of the other one, in µs.</param>
/// <param name="Ratio">Of the ratios of the rounds, which is not that of the medians.</param>
internal readonly record struct Measurement(double Microseconds, double Floor, double Ratio);
