using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Client;

/// <summary>A store of the host's own, which may throw, or act on its own first.</summary>
internal sealed class HostStore : LicenseStore
{
    public byte[]? Bytes { get; set; }

    public bool Throws { get; set; }

    public Action? Before { get; set; }

    public override byte[]? Read() => Throws ? throw new InvalidOperationException() : Bytes;

    public override bool TryUpdate(Func<byte[]?, byte[]?> update)
    {
        Before?.Invoke();
        Bytes = update(Read()) ?? Bytes;
        return true;
    }
}
