namespace LicenseAuthority.Storage;

/// <summary>A step that a database records as applied.</summary>
internal sealed record AppliedMigration
{
    public int Number { get; init; }

    public string Name { get; init; } = "";

    public string Sha256 { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{Number:0000}_{Name}";
}
