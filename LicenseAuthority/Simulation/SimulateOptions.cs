namespace LicenseAuthority.Simulation;

/// <summary>The configuration section <c>Simulate</c>: what the command <c>simulate</c> needs and others on the machine must not see in its arguments.</summary>
internal sealed class SimulateOptions
{
    public const string SectionName = "Simulate";

    /// <summary>The access key of the account that is called. Default: none, which is the demo key.</summary>
    public string? AccessKey { get; set; }

    /// <summary>An admin API key of the service, to check states with. Default: none, states are not checked.</summary>
    public string? AdminKey { get; set; }

    /// <summary>Shows whether there are keys, not which.</summary>
    public override string ToString() => $"access key {(AccessKey is null ? "none" : "set")}, admin key {(AdminKey is null ? "none" : "set")}";
}
