using System.Globalization;
using System.Security.Cryptography;

namespace LicenseAuthority;

/// <summary>The name of this process among those that serve one database: unique also where machines are clones of each other, and for each start.</summary>
internal sealed record NodeName(string Text)
{
    /// <summary>A new one for this process.</summary>
    public static NodeName Create() => new(string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}"));
}
