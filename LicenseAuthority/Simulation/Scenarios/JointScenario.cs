namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>联营 License 1.0: the code comes with an instance, which is renewed, expires and is released, each told once.</summary>
internal sealed class JointScenario : IScenario
{
    /// <inheritdoc/>
    public string Name => "joint-1.0";

    /// <inheritdoc/>
    public bool NeedsOpenApi => false;

    /// <inheritdoc/>
    public async Task RunAsync(SimulationRun run)
    {
        var parts = new V1Parts(run);
        await parts.LiveAsync();
        await parts.StormAsync();
        await parts.FormaliseAsync();
        await parts.RestartAsync();
        await parts.ReorderAsync();
        await parts.MistrustAsync();
        await parts.ReplayDebugCasesAsync();
    }
}
