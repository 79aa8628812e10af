namespace LicenseAuthority.Licensee;

/// <summary>The answer to a refresh.</summary>
/// <param name="Code">The license's newest code.</param>
/// <param name="State">The state of the license: Active, Frozen, Released or Revoked.</param>
internal sealed record RefreshedCode(string Code, string State);
