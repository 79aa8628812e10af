using System.Collections.Frozen;

namespace LicenseAuthority;

/// <summary>
/// The words under which the values of an enum are stored or shown: the one table for both ways. Words never change once they were stored; names of C#
/// members may. Immutable.
/// </summary>
internal sealed class Words<TEnum>
    where TEnum : struct, Enum
{
    private readonly FrozenDictionary<TEnum, string> _words;
    private readonly FrozenDictionary<string, TEnum> _values;

    /// <summary>Takes the table; a value or a word that comes twice throws <see cref="ArgumentException"/>.</summary>
    public Words(params IReadOnlyList<(TEnum Value, string Word)> table)
    {
        _words = table.ToDictionary(static row => row.Value, static row => row.Word).ToFrozenDictionary();
        _values = table.ToDictionary(static row => row.Word, static row => row.Value, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);
        All = [.. table.Select(static row => row.Word)];
    }

    /// <summary>All words, in the order of the table.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>The word of a value; one that is not in the table throws.</summary>
    public string WordOf(TEnum value) => _words.TryGetValue(value, out var word)
        ? word
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"There is no word for this {typeof(TEnum).Name}.");

    /// <summary>The value of a word, ordinally; null when no value has it.</summary>
    public TEnum? Find(string word) => _values.TryGetValue(word, out var value) ? value : null;
}
