using System.Buffers.Binary;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// Reads from outside how many transactions were committed to an SQLite database: the header of the WAL index (<c>-shm</c>) counts them in its third
/// word (https://sqlite.org/walformat.html, "iChange"). So the service needs no measuring device of its own.
/// </summary>
internal static class CommitCounter
{
    private const int ChangeCounterAt = 8;

    /// <summary>Transactions committed so far; only differences mean something.</summary>
    public static long Read(string databasePath)
    {
        Span<byte> counter = stackalloc byte[sizeof(uint)];
        using var index = File.OpenHandle(databasePath + "-shm", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return RandomAccess.Read(index, counter, ChangeCounterAt) == counter.Length
            ? BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(counter) : BinaryPrimitives.ReadUInt32BigEndian(counter)
            : throw new IOException($"{databasePath}-shm is no WAL index.");
    }
}
