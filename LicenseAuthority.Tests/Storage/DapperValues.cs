namespace LicenseAuthority.Tests.Storage;

/// <summary>Values that a database must give back as it got them.</summary>
internal static class DapperValues
{
    public static readonly string?[] Texts = [null, "", "plain", "with \0 inside", "中文 ✓ 𝒳", new('长', 1_000), new('x', 100_000)];
}
