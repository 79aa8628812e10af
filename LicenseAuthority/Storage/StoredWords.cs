namespace LicenseAuthority.Storage;

internal static class StoredWords
{
    /// <summary>The value of a word that a column holds.</summary>
    /// <exception cref="StorageException">No value has it; the message names the column and the word.</exception>
    public static TEnum FromSql<TEnum>(this Words<TEnum> words, string column, string word)
        where TEnum : struct, Enum =>
        words.Find(word)
        ?? throw new StorageException($"The column {column} holds '{word}', which this program does not know: a newer version wrote it, or somebody by hand.");
}
