using System.Buffers.Text;
using System.Globalization;
using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// Makes a first set of keys in a directory: roots, and an issuing key that the first root certifies. The root file is written last: a set without it was
/// cut short, and nothing can have been signed with it.
/// </summary>
internal static class KeyCeremony
{
    /// <summary>Refuses when the directory has keys.</summary>
    public static Result Perform(KeyDirectoryWriter writer, int roots, string passphrase, string purpose, DateTimeOffset now)
    {
        if (writer.Directory.HasKeys())
        {
            throw new KeyException(
                File.Exists(writer.Directory.PathOf(KeyDirectory.RootsFile))
                    ? $"{writer.Directory.FullPath} already holds keys, and none of them is ever overwritten. To use them, start the service. To make others, choose another "
                        + "directory, or move all files away first: what was signed with the old keys is refused by software that embeds the new roots."
                    : $"{writer.Directory.FullPath} holds key files but no {KeyDirectory.RootsFile}: a set that was cut short while it was made, or an incomplete copy. "
                        + "Restore it from the backup; where there is none, delete these files (nothing was signed with a set cut short) and try again.");
        }

        var rootKeys = new List<Ed25519PrivateKey>();
        try
        {
            for (var i = 0; i < roots; i++)
            {
                rootKeys.Add(Ed25519PrivateKey.Generate());
            }

            using var issuingKey = Ed25519PrivateKey.Generate();
            var certificate = KeyCertifier.Certify(rootKeys[0], issuingKey.PublicKey, [], now);

            var rootFiles = new List<string>();
            foreach (var rootKey in rootKeys)
            {
                var file = KeyDirectory.RootPrivateKeyFile(KeyThumbprint.Compute(rootKey.PublicKey));
                writer.Write(file, rootKey.ToEncryptedPem(passphrase));
                rootFiles.Add(file);
            }

            writer.Write(KeyDirectory.PrivateKeyFile(certificate.Serial), issuingKey.ToEncryptedPem(passphrase));
            writer.Write(KeyDirectory.CertificateFile(certificate.Serial), Base64Url.EncodeToString(certificate.Bytes) + "\n");
            var lines = rootKeys.Select(key => RootKeys.ToLine(key.PublicKey)).ToArray();
            writer.Write(KeyDirectory.RootsFile, RootsText(rootKeys, lines, purpose, now));
            return new Result(lines, rootFiles, certificate);
        }
        finally
        {
            rootKeys.ForEach(key => key.Dispose());
        }
    }

    private static string RootsText(List<Ed25519PrivateKey> rootKeys, string[] lines, string purpose, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append("# Public root keys of a license authority (").Append(purpose).Append("), made ")
            .Append(now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).Append(".\n")
            .Append("# Licensed software embeds all of these lines.\n");
        for (var i = 0; i < lines.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {(i == 0 ? "In use" : "Standby")}, key id {KeyThumbprint.Compute(rootKeys[i].PublicKey)}\n{lines[i]}\n");
        }

        return text.ToString();
    }

    /// <summary>What was made: all of it public.</summary>
    internal sealed record Result(IReadOnlyList<string> RootLines, IReadOnlyList<string> RootPrivateKeyFiles, KeyCertificate Certificate);
}
