namespace LicenseAuthority.Simulation;

/// <summary>What a marketplace does to a service from an order to its end, and whatever goes wrong on the way. One for each generation of its calls.</summary>
internal interface IScenario
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>Whether the service calls back: then it must know the simulator's open API.</summary>
    bool NeedsOpenApi { get; }

    /// <summary>Makes all calls. What is not as expected stands in the table, and nothing of it is thrown.</summary>
    Task RunAsync(SimulationRun run);
}
