using System.Diagnostics;

namespace LicenseAuthority.Telemetry;

/// <summary>The one name under which this service measures and traces, and what all instruments share.</summary>
internal static class AuthorityTelemetry
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string Name = "LicenseAuthority";

    /// <summary>Stands for every value that a caller makes up: tags must stay few.</summary>
    public const string Other = "_OTHER";

    /// <summary>Starts spans; without a listener that costs next to nothing and gives null.</summary>
    public static readonly ActivitySource Spans = new(Name);

    /// <summary>Bounds of histograms of calls, in seconds: from what a call costs to what a caller no longer waits for.</summary>
    public static readonly IReadOnlyList<double> CallBounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
}
