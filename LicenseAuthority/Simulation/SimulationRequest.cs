namespace LicenseAuthority.Simulation;

/// <summary>What the command <c>simulate</c> was asked for.</summary>
internal sealed record SimulationRequest
{
    public required IScenario Scenario { get; init; }

    /// <summary>The service to call; null = one of its own.</summary>
    public TargetAddress? Against { get; init; }

    public required string AccessKey { get; init; }

    /// <summary>Null = states are not checked, unless the service is its own.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Where the admin door is, with a slash at its end; null = at the address of the service.</summary>
    public Uri? Admin { get; init; }

    /// <summary>The marketplace's product id in orders; null = the own service's, or any.</summary>
    public string? ProductId { get; init; }

    /// <summary>Where its open API listens; null = anywhere.</summary>
    public int? OpenApiPort { get; init; }

    /// <summary>Whether orders at another service are real ones.</summary>
    public bool Real { get; init; }

    /// <summary>Whether the clock is the simulator's.</summary>
    public bool TimeLapse { get; init; }

    /// <summary>What licensed software embeds, of a service that is not its own; none = not known.</summary>
    public IReadOnlyList<string> RootLines { get; init; } = [];

    /// <summary>Shows no key.</summary>
    public override string ToString() => $"{Scenario.Name} against {Against?.Production.ToString() ?? "a service of its own"}";
}
