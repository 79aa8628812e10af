namespace LicenseAuthority.Telemetry;

/// <summary>The configuration section <c>Telemetry</c>.</summary>
internal sealed class TelemetryOptions
{
    public const string SectionName = "Telemetry";

    /// <summary>
    /// Where metrics, traces and the log are sent: the base address of an OTLP receiver that takes protobuf over HTTP; <c>v1/metrics</c>, <c>v1/traces</c>
    /// and <c>v1/logs</c> are added. Default: none, nothing is sent and nothing of OpenTelemetry runs.
    /// </summary>
    public string? OtlpEndpoint { get; set; }
}
