using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client;

/// <summary>
/// The entitlements of a license (claim <c>ent</c>): names, compared ordinally, with values that are integers, booleans, texts or lists of
/// texts. Each <c>TryGet…</c> is true only if the name is there <em>and</em> its value has the type asked for; nothing is converted.
/// Reading allocates nothing. Immutable and thread-safe.
/// </summary>
public sealed class LicenseEntitlements
{
    private readonly IReadOnlyList<JsonMember> _members;
    private readonly ReadOnlyCollection<string> _names;

    // Null where there is no list, as mostly.
    private readonly ReadOnlyCollection<string>?[]? _lists;

    internal LicenseEntitlements(IReadOnlyList<JsonMember> members)
    {
        _members = members;
        var names = new string[members.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = members[i].Name;
            if (members[i].Value.Kind == JsonKind.Array)
            {
                _lists ??= new ReadOnlyCollection<string>?[members.Count];
                _lists[i] = Array.AsReadOnly(Texts(members[i].Value));
            }
        }

        _names = Array.AsReadOnly(names);
    }

    /// <summary>The names, in the order of the code. Empty when the license has no entitlements.</summary>
    public IReadOnlyList<string> Names => _names;

    internal static LicenseEntitlements Empty { get; } = new([]);

    /// <summary>Gets an integer.</summary>
    /// <param name="name">The name; null is never there.</param>
    /// <param name="value">The value, or 0.</param>
    /// <returns>True if the name is there and its value is an integer.</returns>
    public bool TryGetInt64(string? name, out long value)
    {
        var found = Find(name, JsonKind.Integer);
        value = found < 0 ? 0 : _members[found].Value.Integer;
        return found >= 0;
    }

    /// <summary>Gets a boolean.</summary>
    /// <param name="name">The name; null is never there.</param>
    /// <param name="value">The value, or false.</param>
    /// <returns>True if the name is there and its value is a boolean, also if that is false.</returns>
    public bool TryGetBoolean(string? name, out bool value)
    {
        var found = Find(name, JsonKind.Boolean);
        value = found >= 0 && _members[found].Value.Boolean;
        return found >= 0;
    }

    /// <summary>Gets a text.</summary>
    /// <param name="name">The name; null is never there.</param>
    /// <param name="value">The value, or null.</param>
    /// <returns>True if the name is there and its value is a text.</returns>
    public bool TryGetString(string? name, [NotNullWhen(true)] out string? value)
    {
        var found = Find(name, JsonKind.Text);
        value = found < 0 ? null : _members[found].Value.Text;
        return found >= 0;
    }

    /// <summary>Gets a list of texts.</summary>
    /// <param name="name">The name; null is never there.</param>
    /// <param name="values">The values in the order of the code, or null.</param>
    /// <returns>True if the name is there and its value is a list; it may be empty.</returns>
    public bool TryGetStrings(string? name, [NotNullWhen(true)] out IReadOnlyList<string>? values)
    {
        var found = Find(name, JsonKind.Array);
        values = found < 0 ? null : _lists![found];
        return found >= 0;
    }

    private static string[] Texts(JsonValue array)
    {
        var texts = new string[array.Items.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = array.Items[i].Text;
        }

        return texts;
    }

    // A code is at most 8 KiB: walking a handful of names is cheaper than keeping a dictionary.
    private int Find(string? name, JsonKind kind)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            if (string.Equals(_members[i].Name, name, StringComparison.Ordinal))
            {
                return _members[i].Value.Kind == kind ? i : -1;
            }
        }

        return -1;
    }
}
