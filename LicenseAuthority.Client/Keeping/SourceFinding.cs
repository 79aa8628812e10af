namespace LicenseAuthority.Client.Keeping;

/// <summary>What was found at a source. Immutable.</summary>
/// <param name="state">What there is.</param>
/// <param name="refusal">Why a text is of no use here; null: it is, or there is none.</param>
/// <param name="codeName">See <see cref="HeldCode.Name"/>: the code that is of use; null: none, or a list only.</param>
/// <param name="since">Since when, by the clock.</param>
internal sealed class SourceFinding(SourceState state, LicenseCheck? refusal, string? codeName, DateTimeOffset since)
{
    public SourceState State { get; } = state;

    public LicenseCheck? Refusal { get; } = refusal;

    public string? CodeName { get; } = codeName;

    public DateTimeOffset Since { get; } = since;

    /// <summary>Whether somebody should look at it. A file that is not there may come yet.</summary>
    public bool IsTrouble => State is SourceState.Unreadable or SourceState.Refused;

    /// <summary>Whether it says the same, whenever it was found.</summary>
    public bool IsLike(SourceFinding? other) => other is not null && State == other.State && CodeName == other.CodeName
        && Refusal?.Outcome == other.Refusal?.Outcome && Refusal?.Fault?.Reason == other.Refusal?.Fault?.Reason;
}
