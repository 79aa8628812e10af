namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>License (通用): an order is answered with its code. What comes after the order comes here too, as it does to products that have it.</summary>
internal sealed class V1Scenario : IScenario
{
    /// <inheritdoc/>
    public string Name => "v1";

    /// <inheritdoc/>
    public bool NeedsOpenApi => false;

    /// <inheritdoc/>
    public async Task RunAsync(SimulationRun run)
    {
        var parts = new V1Parts(run);
        await parts.LiveAsync();
        await parts.StormAsync();
        await parts.SellOnceAsync();
        await parts.ReorderAsync();
        await parts.MistrustAsync();
        await parts.ReplayDebugCasesAsync();
    }
}
