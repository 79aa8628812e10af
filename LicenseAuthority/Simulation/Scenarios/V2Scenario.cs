namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>在线开通 License: the service asks for the order, and uploads a code for each device.</summary>
internal sealed class V2Scenario : IScenario
{
    /// <inheritdoc/>
    public string Name => "v2";

    /// <inheritdoc/>
    public bool NeedsOpenApi => true;

    /// <inheritdoc/>
    public async Task RunAsync(SimulationRun run)
    {
        var parts = new V2Parts(run);
        await parts.LiveAsync();
        await parts.AskForCodesAsync();
        await parts.FailAsync();
        await parts.StormAsync();
        await parts.GiveUpAsync();
        await parts.ReorderAsync();
        await parts.MistrustAsync();
        await parts.ReplayDebugCasesAsync();
        await parts.JudgeCallsBackAsync();
    }
}
