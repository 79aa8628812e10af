using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Reads the words of enums from columns.</summary>
internal static class StoredWord
{
    /// <summary>The value of a word. One that this program does not know is an error, never a default: a newer program or a hand wrote it.</summary>
    /// <param name="words">The table of words.</param>
    /// <param name="word">What the column holds.</param>
    /// <param name="column">Its name with the table's, such as <c>licenses.state</c>.</param>
    public static TEnum Read<TEnum>(this Words<TEnum> words, string word, string column)
        where TEnum : struct, Enum => words.Find(word)
        ?? throw new StorageException($"The column {column} holds '{word}', which this program does not know; it knows {string.Join(", ", words.All)}.");
}
