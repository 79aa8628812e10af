using System.Buffers.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// Makes the next issuing key in a directory that has keys, certified by a root whose private key is there. Deletes nothing and changes no file that exists.
/// </summary>
internal static class KeyRotation
{
    /// <summary>The certificate of the new key.</summary>
    /// <param name="writer">Where.</param>
    /// <param name="passphrase">What opens the root key, and is to open the new one.</param>
    /// <param name="revokeOlder">Revokes all that were made before.</param>
    /// <param name="now">The time.</param>
    /// <param name="notBefore">From when on it is to sign; null is at once.</param>
    /// <param name="revokedSerial">Revokes this one and all below; null leaves that as it is.</param>
    public static KeyCertificate Perform(
        KeyDirectoryWriter writer, string passphrase, bool revokeOlder, DateTimeOffset now, DateTimeOffset? notBefore = null, uint? revokedSerial = null)
    {
        var directory = writer.Directory;
        var roots = directory.ReadRoots();
        var existing = directory.ReadCertificates();
        foreach (var certificate in existing)
        {
            if (!roots.Signed(certificate))
            {
                throw new KeyException(
                    $"{directory.PathOf(KeyDirectory.CertificateFile(certificate.Serial))} is not signed by a root key in {KeyDirectory.RootsFile}. Put the directory in order first: "
                    + "no service starts with it.");
            }
        }

        using var root = OpenRoot(directory, roots, passphrase);
        using var issuingKey = Ed25519PrivateKey.Generate();

        // A command that was killed leaves a private key without a certificate, and files are never overwritten: its number is taken too.
        var serial = KeyCertifier.NextSerial(existing.Select(static certificate => certificate.Serial).Concat(directory.FindPrivateKeySerials()), now);
        var made = KeyCertifier.Certify(
            root, issuingKey.PublicKey, existing, now, minimumSerial: revokeOlder ? serial : revokedSerial + 1, notBefore: notBefore, serial: serial);

        // The certificate last: where it is, its private key is.
        writer.Write(KeyDirectory.PrivateKeyFile(made.Serial), issuingKey.ToEncryptedPem(passphrase));
        writer.Write(KeyDirectory.CertificateFile(made.Serial), Base64Url.EncodeToString(made.Bytes) + "\n");
        return made;
    }

    // The first of the root file that is here: it stands there as the one in use, the others as standby.
    private static Ed25519PrivateKey OpenRoot(KeyDirectory directory, RootKeys roots, string passphrase)
    {
        var names = directory.FindRootPrivateKeys();
        foreach (var line in roots.Lines)
        {
            // The name comes from the public key: one that is no root of ours is never opened.
            var name = KeyDirectory.RootPrivateKeyFile(RootKeys.KeyIdOf(line));
            if (!names.Contains(name))
            {
                continue;
            }

            var root = Ed25519PrivateKey.FromEncryptedPem(directory.ReadText(name), passphrase, directory.PathOf(name))
                ?? throw new KeyException(
                    $"{directory.PathOf(name)} does not open with Keys:Passphrase. The new issuing key is encrypted with the same passphrase: set the environment variable "
                    + $"{KeyPassphrase.Variable} to the one of the root key, or give a copy of the root key the service's passphrase first (keys/README.md).");
            if (RootKeys.ToLine(root.PublicKey) == line)
            {
                return root;
            }

            root.Dispose();
            throw new KeyException($"{directory.PathOf(name)} holds another key than its name says, and no software would trust what it certifies. Restore it from the backup.");
        }

        throw new KeyException(
            $"No private root key that belongs to {KeyDirectory.RootsFile} lies in {directory.PathOf(KeyDirectory.RootFolder)}: it is offline, as it should be. Copy the keys directory to the "
            + $"machine where the root key is, put the root key into its folder {KeyDirectory.RootFolder}, run this command there, and bring only the new files back.");
    }
}
