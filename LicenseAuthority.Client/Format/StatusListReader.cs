using System.IO.Compression;

namespace LicenseAuthority.Client.Format;

/// <summary>The claims of a status list: a payload whose signature is good → <see cref="LicenseStatusList"/>. Unknown claims are ignored.</summary>
internal static class StatusListReader
{
    /// <summary>Longest list in characters, without white space: entries that do not compress at all fit, with the base64url around them twice.</summary>
    public const int MaximumLength = 512 * 1024;

    /// <summary>Longest text that is looked at: room for a line break after every character but few.</summary>
    public const int MaximumRawLength = 2 * MaximumLength;

    /// <summary>Bytes of the entries: 2^20 of 2 bits.</summary>
    public const int EntryBytes = (1 << 20) / 4;

    private const int MaximumUriLength = 2048;
    private const int Bits = 2;

    /// <summary>Reads the claims; null, with the first fault, when one is missing, has another type or is out of range.</summary>
    public static LicenseStatusList? Read(CodeText token, KeyCertificate certificate, out CodeFault? fault)
    {
        if (token.ReadPayload(out fault) is not { } payload)
        {
            return null;
        }

        var claims = new MemberReader(payload, CodePart.Payload);
        var list = new LicenseStatusList(certificate, ReadEntries(claims, token.PayloadBytes))
        {
            Uri = claims.RequiredText("sub", MaximumUriLength),
            IssuedAt = claims.RequiredInstant("iat"),
            ExpiresAt = claims.RequiredInstant("exp"),
            TimeToLive = claims.OptionalInteger("ttl", 1, KeyCertificate.LatestSecond) is { } seconds ? TimeSpan.FromTicks(seconds * TimeSpan.TicksPerSecond) : null,
            Sequence = claims.RequiredInteger("seq", 1, long.MaxValue),
        };
        if (list.ExpiresAt <= list.IssuedAt)
        {
            claims.Refuse("exp");
        }

        fault = claims.Fault;
        return fault is null ? list : null;
    }

    private static byte[] ReadEntries(MemberReader claims, byte[] payload)
    {
        const string Claim = "status_list";
        if (claims.Optional(Claim) is { Kind: JsonKind.Object } value)
        {
            var members = new MemberReader(value, CodePart.Payload);
            var bits = members.RequiredInteger("bits", Bits, Bits);
            if (members.Fault is null && bits == Bits && members.Optional("lst") is { Kind: JsonKind.Text } text && TryReadEntries(text, payload, out var entries))
            {
                return entries;
            }
        }

        claims.Refuse(Claim);
        return [];
    }

    private static bool TryReadEntries(JsonValue text, byte[] payload, out byte[] entries)
    {
        var size = StrictBase64Url.GetDecodedSize(Math.Max(text.LongTextLength, text.Text.Length));
        var compressed = ScratchArrays<byte>.Rent(size);
        try
        {
            entries = [];
            var isDecoded = text.LongTextLength > 0
                ? StrictBase64Url.TryDecode(payload, text.LongTextStart, text.LongTextLength, compressed)
                : StrictBase64Url.TryDecode(text.Text, 0, text.Text.Length, compressed);
            return isDecoded && TryInflate(compressed, size, out entries);
        }
        finally
        {
            ScratchArrays<byte>.Return(compressed);
        }
    }

    /// <summary>
    /// Inflates zlib data (RFC 1950) that must have exactly the size of the entries, whatever it claims, with nothing behind it. By hand around the framework's deflate,
    /// as netstandard2.0 has no zlib, and the one of later frameworks overlooks what follows.
    /// </summary>
    private static bool TryInflate(byte[] zlib, int size, out byte[] entries)
    {
        const int HeaderSize = 2;
        const int ChecksumSize = 4;
        entries = [];
        if (size <= HeaderSize + ChecksumSize
            || (zlib[0] & 0x0F) != 8 || zlib[0] >> 4 > 7 || ((zlib[0] << 8) | zlib[1]) % 31 != 0 || (zlib[1] & 0x20) != 0)
        {
            return false;
        }

        // Borrowed until it is known to be good: what is not costs next to nothing.
        var inflated = ScratchArrays<byte>.Rent(EntryBytes);
        var end = size - ChecksumSize;
        var checksum = ((uint)zlib[end] << 24) | ((uint)zlib[end + 1] << 16) | ((uint)zlib[end + 2] << 8) | zlib[end + 3];
        if (!TryInflate(zlib, HeaderSize, end - HeaderSize, inflated) || checksum != Adler32(inflated))
        {
            ScratchArrays<byte>.Return(inflated);
            return false;
        }

        entries = ScratchArrays<byte>.Keep(inflated, EntryBytes);
        return true;
    }

    private static bool TryInflate(byte[] deflated, int start, int count, byte[] inflated)
    {
        using var data = new MeteredStream(deflated, start, count);
        try
        {
            using var deflate = new DeflateStream(data, CompressionMode.Decompress);
            var length = 0;
            while (length < EntryBytes)
            {
                var read = deflate.Read(inflated, length, EntryBytes - length);
                if (read == 0)
                {
                    return false;
                }

                length += read;
            }

            return deflate.ReadByte() < 0 && data.IsAtEnd;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static uint Adler32(byte[] entries)
    {
        const uint Modulus = 65521;

        // So many sums fit before they must be reduced (RFC 1950, zlib's NMAX).
        const int Run = 5552;
        uint a = 1;
        uint b = 0;
        for (var start = 0; start < EntryBytes; start += Run)
        {
            var end = Math.Min(start + Run, EntryBytes);
            for (var i = start; i < end; i++)
            {
                a += entries[i];
                b += a;
            }

            a %= Modulus;
            b %= Modulus;
        }

        return (b << 16) | a;
    }

    /// <summary>
    /// Gives the last bytes one by one, so that it can be told afterwards whether all of them were needed: what inflates reads ahead otherwise.
    /// </summary>
    private sealed class MeteredStream(byte[] bytes, int start, int count) : Stream
    {
        private const int OneByOne = 16;

        private readonly int _end = start + count;
        private int _position = start;

        public bool IsAtEnd => _position == _end;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var left = _end - _position;
            var read = Math.Min(count, left > OneByOne ? left - OneByOne : Math.Min(left, 1));
            Array.Copy(bytes, _position, buffer, offset, read);
            _position += read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
