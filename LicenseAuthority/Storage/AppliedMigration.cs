namespace LicenseAuthority.Storage;

/// <summary>A step that a database records as applied.</summary>
internal sealed record AppliedMigration(int Number, string Name, string Sha256)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Number:0000}_{Name}";
}
