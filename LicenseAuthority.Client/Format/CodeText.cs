using System.Text;
using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Client.Format;

/// <summary>
/// The text of a license code, taken apart: JWS compact serialization (RFC 7515 section 7.1) with the limits of license codes. ASCII white
/// space anywhere is dropped once, before everything, because mail programs and forms break long lines; after that there is one spelling.
/// </summary>
internal sealed class CodeText
{
    /// <summary>Longest code in characters, without white space.</summary>
    public const int MaximumLength = 8 * 1024;

    /// <summary>Longest text that is looked at, with white space: room for a line break after every character.</summary>
    public const int MaximumRawLength = 3 * MaximumLength;

    /// <summary>The four characters that count as white space: space, tab, carriage return, line feed.</summary>
    public const string AsciiWhiteSpace = " \t\r\n";

    // No character of a code: stands for all that are not ASCII.
    private const byte Foreign = 0xFF;

    private readonly bool _isPooled;

    private CodeText(string text, byte[] header, byte[] payload, int payloadLength, byte[] signature, byte[] signedBytes, int signedLength, bool isPooled)
    {
        Text = text;
        Header = header;
        PayloadBytes = payload;
        PayloadLength = payloadLength;
        Signature = signature;
        SignedBytes = signedBytes;
        SignedLength = signedLength;
        _isPooled = isPooled;
    }

    /// <summary>The code in its one spelling, without white space; of a longer text that had white space nothing.</summary>
    public string Text { get; }

    /// <summary>The decoded first part, JSON.</summary>
    public byte[] Header { get; }

    /// <summary>The decoded second part, JSON; the first <see cref="PayloadLength"/> of these.</summary>
    public byte[] PayloadBytes { get; }

    /// <summary>How many of <see cref="PayloadBytes"/> count.</summary>
    public int PayloadLength { get; }

    /// <summary>The decoded third part, 64 bytes.</summary>
    public byte[] Signature { get; }

    /// <summary>
    /// What the signature is over: the first two parts as they stand in the text, with the dot between them, in ASCII; the first <see cref="SignedLength"/> of
    /// these.
    /// </summary>
    public byte[] SignedBytes { get; }

    /// <summary>How many of <see cref="SignedBytes"/> count.</summary>
    public int SignedLength { get; }

    /// <summary>Takes a text apart; null, with the first fault, when it is not the form of a license code.</summary>
    public static CodeText? Read(string? raw, out CodeFault? fault) => Read(raw, MaximumLength, MaximumRawLength, isPooled: false, out fault);

    /// <summary>
    /// Takes a text of the same form apart that may be longer than a license code. Its bytes are borrowed: <see cref="GiveBack"/> them, and use nothing of it afterwards.
    /// </summary>
    public static CodeText? ReadLong(string? raw, int maximumLength, int maximumRawLength, out CodeFault? fault) =>
        Read(raw, maximumLength, maximumRawLength, isPooled: true, out fault);

    /// <summary>Reads the second part; null, with the first fault, when it is not JSON as codes have it.</summary>
    public JsonValue? ReadPayload(out CodeFault? fault) => JsonReader.Read(PayloadBytes, PayloadLength, CodePart.Payload, out fault);

    /// <summary>Gives borrowed bytes back; once.</summary>
    public void GiveBack()
    {
        if (_isPooled)
        {
            ScratchArrays<byte>.Return(PayloadBytes);
            ScratchArrays<byte>.Return(SignedBytes);
        }
    }

    private static CodeText? Read(string? raw, int maximumLength, int maximumRawLength, bool isPooled, out CodeFault? fault)
    {
        fault = null;
        if (raw is null)
        {
            fault = CodeFault.At(CodeFaultReason.Empty, CodePart.Code);
            return null;
        }

        if (raw.Length > maximumRawLength)
        {
            fault = CodeFault.At(CodeFaultReason.TooLong, CodePart.Code);
            return null;
        }

        CodeText? code = null;
        var ascii = ScratchArrays<byte>.Rent(raw.Length);
        var length = Strip(raw, ascii);
        if (length == 0 || length > maximumLength)
        {
            fault = CodeFault.At(length == 0 ? CodeFaultReason.Empty : CodeFaultReason.TooLong, CodePart.Code);
        }
        else
        {
            code = Split(raw, ascii, length, isPooled, out fault);

            // Only now, as a good code has none. What somebody has to remove from the text is said before what is missing in it.
            if (code is null && FindForeignCharacter(raw) is >= 0 and var position)
            {
                fault = CodeFault.Foreign(CodePoint(raw, position), position);
            }
        }

        // Of a longer text they are what its signature is over.
        if (code is null || !isPooled)
        {
            ScratchArrays<byte>.Return(ascii);
        }

        return code;
    }

    private static CodeText? Split(string raw, byte[] ascii, int length, bool isPooled, out CodeFault? fault)
    {
        const byte Dot = (byte)'.';
        fault = null;
        var first = Array.IndexOf(ascii, Dot, 0, length);
        var second = Array.LastIndexOf(ascii, Dot, length - 1, length);
        if (second == first || Array.IndexOf(ascii, Dot, first + 1, length - first - 1) != second)
        {
            fault = CodeFault.At(CodeFaultReason.NotThreeParts, CodePart.Code);
            return null;
        }

        var payloadTextLength = second - first - 1;
        var payloadLength = StrictBase64Url.GetDecodedSize(payloadTextLength);
        var payload = isPooled ? ScratchArrays<byte>.Rent(payloadLength) : new byte[payloadLength];
        var header = Decode(ascii, 0, first, CodePart.Header, ref fault);
        if (!StrictBase64Url.TryDecode(ascii, first + 1, payloadTextLength, payload))
        {
            fault ??= CodeFault.At(CodeFaultReason.InvalidBase64Url, CodePart.Payload);
        }

        var signature = Decode(ascii, second + 1, length - second - 1, CodePart.Signature, ref fault);
        if (fault is null && signature.Length != Ed25519PublicKey.SignatureSize)
        {
            fault = CodeFault.At(CodeFaultReason.SignatureSize, CodePart.Signature);
        }

        if (fault is not null)
        {
            if (isPooled)
            {
                ScratchArrays<byte>.Return(payload);
            }

            return null;
        }

        var signed = ascii;
        if (!isPooled)
        {
            signed = new byte[second];
            Array.Copy(ascii, signed, second);
        }

        var text = length == raw.Length ? raw : isPooled ? "" : Encoding.ASCII.GetString(ascii, 0, length);
        return new CodeText(text, header, payload, payloadLength, signature, signed, second, isPooled);
    }

    private static byte[] Decode(byte[] ascii, int start, int length, CodePart part, ref CodeFault? fault)
    {
        var bytes = new byte[StrictBase64Url.GetDecodedSize(length)];
        if (!StrictBase64Url.TryDecode(ascii, start, length, bytes))
        {
            fault ??= CodeFault.At(CodeFaultReason.InvalidBase64Url, part);
        }

        return bytes;
    }

    private static int FindForeignCharacter(string raw)
    {
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '.' && !StrictBase64Url.IsInAlphabet(raw[i]) && AsciiWhiteSpace.IndexOf(raw[i]) < 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static int CodePoint(string raw, int position) =>
        position + 1 < raw.Length && char.IsSurrogatePair(raw[position], raw[position + 1])
            ? char.ConvertToUtf32(raw[position], raw[position + 1])
            : raw[position];

    // Base64url and a dot: every character is one ASCII byte.
    private static int Strip(string raw, byte[] ascii)
    {
        var length = 0;
        foreach (var character in raw)
        {
            if (AsciiWhiteSpace.IndexOf(character) < 0)
            {
                ascii[length++] = character < 0x80 ? (byte)character : Foreign;
            }
        }

        return length;
    }
}
