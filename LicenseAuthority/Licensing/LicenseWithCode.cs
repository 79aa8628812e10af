namespace LicenseAuthority.Licensing;

/// <summary>A license and its newest code.</summary>
internal sealed record LicenseWithCode(License License, string CodeText)
{
    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"license {License.Id} with its code";
}
