using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LicenseAuthority.Codes;

/// <summary>
/// Spreads the positions of a status list, so that an index that a customer sees tells neither how much was sold nor in which order: a
/// permutation of [0, 2^20) that nobody can follow without the list's key.
/// <para>A Feistel network of six rounds over two halves of 10 bits; the round function is the first 10 bits of HMAC-SHA256. It permutes whatever the
/// round function is, so no index comes twice. Immutable and thread-safe.</para>
/// </summary>
internal sealed class StatusIndexPermutation
{
    public const int Size = 1 << (2 * HalfBits);

    private const int HalfBits = 10;
    private const int HalfSize = 1 << HalfBits;
    private const int Rounds = 6;

    // The round function has only 1,024 inputs: tabulated once, an index costs six look-ups.
    private readonly ushort[] _rounds = new ushort[Rounds * HalfSize];

    /// <summary>Prepares the permutation of a 32-byte key.</summary>
    public StatusIndexPermutation(byte[] key)
    {
        Span<byte> input = stackalloc byte[3];
        Span<byte> output = stackalloc byte[HMACSHA256.HashSizeInBytes];
        for (var round = 0; round < Rounds; round++)
        {
            for (var half = 0; half < HalfSize; half++)
            {
                input[0] = (byte)round;
                BinaryPrimitives.WriteUInt16BigEndian(input[1..], (ushort)half);
                HMACSHA256.HashData(key, input, output);
                _rounds[(round * HalfSize) + half] = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(output) >> (16 - HalfBits));
            }
        }
    }

    /// <summary>The index at a position, both in [0, <see cref="Size"/>).</summary>
    public int IndexOf(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Size);
        var left = position >> HalfBits;
        var right = position & (HalfSize - 1);
        for (var round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ _rounds[(round * HalfSize) + right]);
        }

        return (left << HalfBits) | right;
    }
}
