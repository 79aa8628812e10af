using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Storage;

/// <summary>
/// A hash over the rows of a table, the same whatever database they come from: each value is a byte for its kind, and then
/// <code>
/// NULL      0
/// integer   1 | 8 bytes, big-endian; a boolean is 1 or 0
/// text      2 | length, 8 bytes | UTF-8
/// bytes     3 | length, 8 bytes | bytes
/// </code>
/// </summary>
internal sealed class TableDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Rows { get; private set; }

    public void Add(ReadOnlySpan<SqlValue> row)
    {
        foreach (var value in row)
        {
            switch (value.Kind)
            {
                case var _ when value.IsNull:
                    _hash.AppendData([0]);
                    break;
                case SqlValueKind.Integer or SqlValueKind.Boolean:
                    Begin(1, value.Number);
                    break;
                case SqlValueKind.Text:
                    AddBytes(2, Encoding.UTF8.GetBytes((string)value.Reference!));
                    break;
                default:
                    AddBytes(3, (byte[])value.Reference!);
                    break;
            }
        }

        Rows++;
    }

    /// <summary>The hash of all rows, in lower-case hex. After it, no row can be added.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void AddBytes(byte kind, byte[] bytes)
    {
        Begin(kind, bytes.Length);
        _hash.AppendData(bytes);
    }

    private void Begin(byte kind, long number)
    {
        Span<byte> head = stackalloc byte[1 + sizeof(long)];
        head[0] = kind;
        BinaryPrimitives.WriteInt64BigEndian(head[1..], number);
        _hash.AppendData(head);
    }
}
