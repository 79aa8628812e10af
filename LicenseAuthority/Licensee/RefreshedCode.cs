namespace LicenseAuthority.Licensee;

/// <summary>The answer to a refresh.</summary>
/// <param name="Code">The newest code of the binding; null when the license is Released or Revoked, as no code permits anything then.</param>
/// <param name="State">The state of the license: Active, Frozen, Released or Revoked.</param>
/// <param name="StatusList">The token of the status list with the code's entry, or without a code with the entry of the one that was shown; null = the caller has it.</param>
internal sealed record RefreshedCode(string? Code, string State, string? StatusList)
{
    /// <summary>Shows the state, not the code.</summary>
    public override string ToString() => State;
}
