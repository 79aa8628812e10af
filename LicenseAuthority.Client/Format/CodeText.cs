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

    private CodeText(
        string text, byte[] header, int headerLength, byte[] payload, int payloadLength, byte[] signature, byte[] signedBytes, int signedLength)
    {
        Text = text;
        HeaderBytes = header;
        HeaderLength = headerLength;
        PayloadBytes = payload;
        PayloadLength = payloadLength;
        Signature = signature;
        SignedBytes = signedBytes;
        SignedLength = signedLength;
    }

    /// <summary>The code in its one spelling, without white space; of a longer text that had white space nothing.</summary>
    public string Text { get; }

    /// <summary>The decoded first part, JSON; the first <see cref="HeaderLength"/> of these.</summary>
    public byte[] HeaderBytes { get; }

    /// <summary>How many of <see cref="HeaderBytes"/> count.</summary>
    public int HeaderLength { get; }

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

    /// <summary>
    /// Takes a text apart, or a longer one of the same form; null, with the first fault, when it has another form. What it is taken apart into is borrowed:
    /// <see cref="GiveBack"/>.
    /// </summary>
    public static CodeText? Read(string? raw, out CodeFault? fault, int maximumLength = MaximumLength, int maximumRawLength = MaximumRawLength)
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
            code = Split(raw, ascii, length, out fault);

            // Only now, as a good code has none. What somebody has to remove from the text is said before what is missing in it.
            if (code is null && FindForeignCharacter(raw) is >= 0 and var position)
            {
                fault = CodeFault.Foreign(CodePoint(raw, position), position);
            }
        }

        // Of a good one they are what its signature is over.
        if (code is null)
        {
            ScratchArrays<byte>.Return(ascii);
        }

        return code;
    }

    /// <summary>Reads the first part; null, with the first fault, when it is not JSON as codes have it.</summary>
    public JsonValue? ReadHeader(out CodeFault? fault) => JsonReader.Read(HeaderBytes, HeaderLength, CodePart.Header, out fault);

    /// <summary>Reads the second part; null, with the first fault, when it is not JSON as codes have it.</summary>
    public JsonValue? ReadPayload(out CodeFault? fault) => JsonReader.Read(PayloadBytes, PayloadLength, CodePart.Payload, out fault);

    /// <summary>
    /// Gives the bytes back, once, to who takes the next text apart; nothing of it may be used afterwards but <see cref="Text"/>. Who does not lets them be collected.
    /// </summary>
    public void GiveBack()
    {
        ScratchArrays<byte>.Return(HeaderBytes);
        ScratchArrays<byte>.Return(PayloadBytes);
        ScratchArrays<byte>.Return(SignedBytes);
    }

    private static CodeText? Split(string raw, byte[] ascii, int length, out CodeFault? fault)
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

        var (headerLength, payloadLength) = (StrictBase64Url.GetDecodedSize(first), StrictBase64Url.GetDecodedSize(second - first - 1));
        var header = Decode(ascii, 0, first, CodePart.Header, ScratchArrays<byte>.Rent(headerLength), ref fault);
        var payload = Decode(ascii, first + 1, second - first - 1, CodePart.Payload, ScratchArrays<byte>.Rent(payloadLength), ref fault);
        var signatureTextLength = length - second - 1;
        var signature = Decode(ascii, second + 1, signatureTextLength, CodePart.Signature, new byte[StrictBase64Url.GetDecodedSize(signatureTextLength)], ref fault);
        if (fault is null && signature.Length != Ed25519PublicKey.SignatureSize)
        {
            fault = CodeFault.At(CodeFaultReason.SignatureSize, CodePart.Signature);
        }

        if (fault is not null)
        {
            ScratchArrays<byte>.Return(header);
            ScratchArrays<byte>.Return(payload);
            return null;
        }

        var text = length == raw.Length ? raw : length <= MaximumLength ? Encoding.ASCII.GetString(ascii, 0, length) : "";
        return new CodeText(text, header, headerLength, payload, payloadLength, signature, ascii, second);
    }

    private static byte[] Decode(byte[] ascii, int start, int length, CodePart part, byte[] result, ref CodeFault? fault)
    {
        if (!StrictBase64Url.TryDecode(ascii, start, length, result))
        {
            fault ??= CodeFault.At(CodeFaultReason.InvalidBase64Url, part);
        }

        return result;
    }

    // Asked of each character of each code: a look-up in the text of all four takes as long as all the rest.
    private static bool IsWhiteSpace(char character) => character is ' ' or '\t' or '\r' or '\n';

    private static int FindForeignCharacter(string raw)
    {
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '.' && !StrictBase64Url.IsInAlphabet(raw[i]) && !IsWhiteSpace(raw[i]))
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
            if (!IsWhiteSpace(character))
            {
                ascii[length++] = character < 0x80 ? (byte)character : Foreign;
            }
        }

        return length;
    }
}
