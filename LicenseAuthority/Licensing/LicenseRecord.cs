namespace LicenseAuthority.Licensing;

/// <summary>A license as operators see it.</summary>
/// <param name="License">Its facts.</param>
/// <param name="CodeText">Its newest code.</param>
/// <param name="Orders">Its orders, the oldest first.</param>
internal sealed record LicenseRecord(License License, string CodeText, IReadOnlyList<LicenseOrder> Orders)
{
    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"license {License.Id}";
}
