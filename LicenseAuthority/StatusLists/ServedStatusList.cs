using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.StatusLists;

/// <summary>A token as it is answered: its bytes, plain and compressed, each with an entity tag of its own. Immutable.</summary>
internal sealed class ServedStatusList
{
    /// <summary>Prepares a token.</summary>
    public ServedStatusList(StatusListToken token)
    {
        Token = token;
        Plain = Encoding.ASCII.GetBytes(token.Text);
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Plain);
        }

        Gzip = compressed.ToArray();
        var hash = Base64Url.EncodeToString(SHA256.HashData(Plain).AsSpan(0, 16));
        PlainTag = $"\"{hash}\"";
        GzipTag = $"\"{hash}-gzip\"";
    }

    public StatusListToken Token { get; }

    public byte[] Plain { get; }

    public byte[] Gzip { get; }

    /// <summary>The entity tag of <see cref="Plain"/>.</summary>
    public string PlainTag { get; }

    /// <summary>The entity tag of <see cref="Gzip"/>: other bytes, another strong tag.</summary>
    public string GzipTag { get; }
}
