namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// Stands where there is no place to keep things, and nobody chose that. Unlike a store in memory it takes nothing, so that the guard, which goes on in memory, says so:
/// what a user enters is gone with the process.
/// </summary>
internal sealed class NoStore : LicenseStore
{
    public override byte[]? Read() => null;

    public override bool TryUpdate(Func<byte[]?, byte[]?> update) => false;

    internal override string Describe() => "memory, as this user has no folder for data";
}
