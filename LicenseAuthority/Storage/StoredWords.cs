namespace LicenseAuthority.Storage;

internal static class StoredWords
{
    /// <summary>The value of a word that a column holds.</summary>
    /// <exception cref="StorageException">No value has it; the message names the column and the word.</exception>
    public static TEnum FromSql<TEnum>(this Words<TEnum> words, string column, string word)
        where TEnum : struct, Enum =>
        words.Find(word) ?? throw Unknown(column, word);

    /// <summary>A word that a column holds and that has no value.</summary>
    /// <exception cref="StorageException">It is none of those that are known; the message names the column and the word.</exception>
    public static string Known(string column, string word, Func<string, bool> isKnown) => isKnown(word) ? word : throw Unknown(column, word);

    private static StorageException Unknown(string column, string word) =>
        new($"The column {column} holds '{word}', which this program does not know: a newer version wrote it, or somebody by hand.");
}
