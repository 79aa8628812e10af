namespace LicenseAuthority.Benchmarks.Figures;

/// <summary>What was measured, beside what it should be judged by: a row of a table.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">The unit of <see cref="Measured"/> and of <see cref="Floor"/>.</param>
/// <param name="Measured">The figure; null when it could not be measured, and <see cref="Note"/> says why.</param>
internal sealed record Figure(string Name, Unit Unit, double? Measured)
{
    private readonly double? _ratio;

    /// <summary>From the same minutes: what can be reached at best, or what a peer reaches.</summary>
    public double? Floor { get; init; }

    /// <summary>What <see cref="Floor"/> is.</summary>
    public string? FloorIs { get; init; }

    /// <summary>The figure over its floor. Where both were measured many times it is given: the median of the ratios is not the ratio of the medians.</summary>
    public double? Ratio
    {
        get => _ratio ?? (Measured / Floor);
        init => _ratio = value;
    }

    public Goal? Goal { get; init; }

    /// <summary>What one has to know to understand the figure.</summary>
    public string? Note { get; init; }

    /// <summary>Null when it has no goal, or was not measured.</summary>
    public bool? IsMet => Measured is null ? null : Goal?.IsMetBy(this);

    /// <summary>A row for what cannot be measured here.</summary>
    public static Figure NotMeasured(string name, string why) => new(name, Unit.Microseconds, null) { Note = why };
}
