namespace LicenseAuthority.Licensee;

/// <summary>The answer to a refresh.</summary>
/// <param name="Code">The license's newest code.</param>
/// <param name="State">The state of the license: Active, Frozen, Released or Revoked.</param>
internal sealed record RefreshedCode(string Code, string State)
{
    /// <summary>Shows the state, not the code.</summary>
    public override string ToString() => State;
}
