using System.Text;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// The texts of one call that may not be stored, by their value: what stands in a member that says what it is, is hidden wherever the same text stands in the call,
/// whatever the case of its letters. Not thread-safe.
/// </summary>
internal sealed class CallSecrets
{
    // A call has a handful. Each text is searched for each of them.
    private const int Most = 64;

    // What is shorter is found in texts that have nothing to do with it; two characters of Chinese are a name.
    private const int Shortest = 6;
    private const int ShortestOfOtherScripts = 2;

    private readonly List<(string Text, string Shown)> _texts = [];

    /// <summary>Hides a text from now on; a short one is not.</summary>
    /// <param name="text">The text.</param>
    /// <param name="shown">What stands in its place.</param>
    public void Add(string text, string shown)
    {
        var isLong = text.Length >= Shortest || (text.Length >= ShortestOfOtherScripts && !Ascii.IsValid(text));
        if (!isLong || _texts.Count == Most || _texts.Exists(known => known.Text.Equals(text, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        // The longest first: one may be a part of another.
        var place = _texts.FindIndex(known => known.Text.Length < text.Length);
        _texts.Insert(place < 0 ? _texts.Count : place, (text, shown));
    }

    /// <summary>Whether there is something to hide in a text.</summary>
    public bool IsIn(string text) => _texts.Exists(known => text.Contains(known.Text, StringComparison.OrdinalIgnoreCase));

    /// <summary>The text without what is hidden; the same one where there is nothing.</summary>
    public string Hide(string text)
    {
        foreach (var (secret, shown) in _texts)
        {
            if (text.Contains(secret, StringComparison.OrdinalIgnoreCase))
            {
                text = text.Replace(secret, shown, StringComparison.OrdinalIgnoreCase);
            }
        }

        return text;
    }

    /// <summary>Shows how many there are.</summary>
    public override string ToString() => FormattableString.Invariant($"{_texts.Count} texts");
}
