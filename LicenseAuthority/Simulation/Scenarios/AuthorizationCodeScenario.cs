namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>授权码 2.0: the marketplace makes the codes, software shows them, the service activates them there.</summary>
internal sealed class AuthorizationCodeScenario : IScenario
{
    /// <inheritdoc/>
    public string Name => "authorization-code";

    /// <inheritdoc/>
    public bool NeedsOpenApi => true;

    /// <inheritdoc/>
    public async Task RunAsync(SimulationRun run)
    {
        // Software says what it is, in the vendor's words; the code of any license of the product has them.
        run.Table.Begin("Which product is it?");
        var order = new V1Order(run, run.Now + TimeSpan.FromDays(1)) { IsTest = true };
        var sold = await run.CallAsync("getLicense: a debug case", order.Get(), Expectation.Success.AnInstance());
        var parts = new CodeParts(run, CodeCheck.ProductOf(sold.License) ?? "unknown");
        await parts.LiveAsync();
        await parts.KeepAsync();
        await parts.FailAsync();
        await parts.AskAsync();
        await parts.StormAsync();
        await parts.ReorderAsync();
        await parts.MistrustAsync();
        await parts.ReplayDebugCasesAsync();
        parts.JudgeCallsBack();
    }
}
