using System.Diagnostics.Metrics;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Admin;

/// <summary>Counts operators' commands.</summary>
internal sealed class AdminMetrics
{
    private readonly Counter<long> _commands;

    public AdminMetrics(IMeterFactory meters) => _commands = meters.Create(AuthorityTelemetry.Name).CreateCounter<long>(
        "license_authority.admin.commands", "{command}", "Operators' commands that were understood.");

    /// <summary>Carried out.</summary>
    public void Applied(string command) => Count(command, "applied");

    /// <summary>The state does not allow it.</summary>
    public void Refused(string command) => Count(command, "refused");

    /// <summary>There is no such license or conflict.</summary>
    public void NotFound(string command) => Count(command, "not_found");

    private void Count(string command, string outcome) => _commands.Add(
        1,
        new KeyValuePair<string, object?>("license_authority.admin.command", command),
        new KeyValuePair<string, object?>("license_authority.outcome", outcome));
}
