using LicenseAuthority.Codes;

namespace LicenseAuthority.StatusLists;

/// <summary>The entries of a list, packed as the token carries them: two bits each, the first one in the lowest bits of the first byte. Not thread-safe.</summary>
internal sealed class StatusEntries
{
    /// <summary>Entries in a byte.</summary>
    private const int InAByte = 4;

    private readonly byte[] _bytes;

    private StatusEntries(byte[] bytes) => _bytes = bytes;

    /// <summary>The packed bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The status at an index; 3, which is never written, reads as suspended.</summary>
    public StatusEntry this[int index] => (StatusEntry)Math.Min((_bytes[index / InAByte] >> Shift(index)) & 3, (int)StatusEntry.Suspended);

    /// <summary>A list of which nothing is known against any code.</summary>
    public static StatusEntries Empty() => new(new byte[StatusIndexPermutation.Size / InAByte]);

    /// <summary>Takes packed bytes, a copy.</summary>
    public static StatusEntries From(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary>Sets an entry. One that is <see cref="StatusEntry.Invalid"/> stays so.</summary>
    public void Set(int index, StatusEntry entry)
    {
        if (this[index] != StatusEntry.Invalid)
        {
            var shift = Shift(index);
            _bytes[index / InAByte] = (byte)((_bytes[index / InAByte] & ~(3 << shift)) | ((int)entry << shift));
        }
    }

    /// <summary>A copy, which does not change with this one.</summary>
    public StatusEntries Copy() => From(_bytes);

    /// <summary>Whether all entries are the same.</summary>
    public bool Equals(StatusEntries other) => _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <summary>
    /// Takes over what another node has published in place of <paramref name="before"/>, which both had. What was changed here since stays, and an entry that
    /// is invalid in either is invalid.
    /// </summary>
    public void TakeOver(StatusEntries published, StatusEntries before)
    {
        for (var i = 0; i < _bytes.Length; i++)
        {
            // Also what is invalid: it was published, so the next one has it too.
            if (_bytes[i] == before._bytes[i])
            {
                _bytes[i] = published._bytes[i];
                continue;
            }

            for (var index = i * InAByte; index < (i + 1) * InAByte; index++)
            {
                if (published[index] == StatusEntry.Invalid || this[index] == before[index])
                {
                    Set(index, published[index]);
                }
            }
        }
    }

    private static int Shift(int index) => (index % InAByte) * 2;
}
