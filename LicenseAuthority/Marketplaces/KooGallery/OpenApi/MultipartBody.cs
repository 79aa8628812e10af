using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// A body of <c>multipart/form-data</c> (RFC 7578), written by hand: the marketplace's receiver wants part names in quotes, the boundary without, and knows
/// no <c>filename*</c>; and all its bytes are needed for the signature.
/// </summary>
internal sealed class MultipartBody
{
    private readonly string _boundary;

    /// <summary>A body of these parts. No content may have a line break: then no boundary is in it.</summary>
    public MultipartBody(params IEnumerable<Part> parts)
    {
        _boundary = "LicenseAuthority" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        using var bytes = new MemoryStream();
        foreach (var part in parts)
        {
            var file = part.FileName is null ? "" : $"; filename=\"{part.FileName}\"";
            Write(bytes, $"--{_boundary}\r\nContent-Disposition: form-data; name=\"{part.Name}\"{file}\r\nContent-Type: {part.ContentType}\r\n\r\n");
            bytes.Write(part.Content);
            Write(bytes, "\r\n");
        }

        Write(bytes, $"--{_boundary}--\r\n");
        Bytes = bytes.ToArray();
    }

    public byte[] Bytes { get; }

    public string ContentType => "multipart/form-data; boundary=" + _boundary;

    private static void Write(MemoryStream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>A part.</summary>
    /// <param name="Name">Its name, without quotes in it.</param>
    /// <param name="ContentType">Its type.</param>
    /// <param name="Content">Its bytes, without a line break.</param>
    /// <param name="FileName">The name of a file, ASCII without quotes; null = no file.</param>
    internal readonly record struct Part(string Name, string ContentType, byte[] Content, string? FileName = null);
}
