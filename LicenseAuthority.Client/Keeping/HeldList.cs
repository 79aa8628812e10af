namespace LicenseAuthority.Client.Keeping;

/// <summary>A genuine status list that a guard keeps, with its text. Immutable.</summary>
internal sealed class HeldList(string text, LicenseStatusList list)
{
    public string Text { get; } = text;

    public LicenseStatusList List { get; } = list;
}
