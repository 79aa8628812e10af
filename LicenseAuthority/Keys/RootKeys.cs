using System.Buffers.Text;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Keys;

/// <summary>
/// The public root keys of the authority, one to four: the lines that a vendor embeds, and what every certificate in the keys directory must be signed by.
/// Immutable and thread-safe.
/// </summary>
internal sealed class RootKeys
{
    public const int Most = 4;

    private readonly Ed25519PublicKey[] _keys;

    private RootKeys(string[] lines, Ed25519PublicKey[] keys)
    {
        Lines = lines;
        _keys = keys;
    }

    /// <summary>The lines in the order of the file, without comments.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The line that a vendor embeds for a root public key of 32 bytes.</summary>
    public static string ToLine(ReadOnlySpan<byte> publicKey) => RootKey.Prefix + Base64Url.EncodeToString(publicKey);

    /// <summary>The id of the key of a line that was read.</summary>
    public static string KeyIdOf(string line) => KeyThumbprint.Compute(Base64Url.DecodeFromChars(line.AsSpan(RootKey.Prefix.Length)));

    /// <summary>Reads the text of a root file: root lines, empty lines, and comments, which begin with <c>#</c>.</summary>
    public static RootKeys Parse(string text, string fileName)
    {
        var lines = new List<string>();
        var keys = new List<Ed25519PublicKey>();
        foreach (var (number, content) in text.Split('\n').Index())
        {
            var line = content.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (!RootKey.TryParse(line, out var key))
            {
                throw new KeyException(
                    $"{fileName}, line {number + 1}: not a root key. A line is \"{RootKey.Prefix}\" and 43 characters, a comment begins with \"#\". "
                    + "Restore the file from the backup.");
            }

            if (lines.Contains(line))
            {
                throw new KeyException($"{fileName}, line {number + 1}: the same root key a second time. Remove the line.");
            }

            lines.Add(line);
            keys.Add(key!);
        }

        return lines.Count is >= 1 and <= Most
            ? new RootKeys([.. lines], [.. keys])
            : throw new KeyException($"{fileName} holds {lines.Count} root keys; it must be 1 to {Most}, as licensed software embeds no more.");
    }

    /// <summary>The line of the root that signed the certificate; null when none did.</summary>
    public string? FindSigner(KeyCertificate certificate) => Array.FindIndex(_keys, certificate.IsSignedBy) is >= 0 and var index ? Lines[index] : null;

    /// <summary>True if one of the roots signed the certificate.</summary>
    public bool Signed(KeyCertificate certificate) => _keys.Any(certificate.IsSignedBy);
}
