using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// Encrypts every private key of a directory anew, under another passphrase. All are opened, and compared with their certificates and names, before the first
/// is written; each file is replaced as a whole. Cut short anywhere, every file opens with one of the two, and the same change once more finishes it.
/// </summary>
internal static class KeyPassphraseChange
{
    /// <summary>The files that were changed, and how many had the new passphrase already.</summary>
    public static (IReadOnlyList<string> Changed, int ChangedBefore) Perform(KeyDirectoryWriter writer, string passphrase, string newPassphrase)
    {
        var directory = writer.Directory;
        var keyIds = directory.ReadCertificates()
            .ToDictionary(static certificate => KeyDirectory.PrivateKeyFile(certificate.Serial), static certificate => certificate.KeyId);
        string[] names = [.. directory.FindRootPrivateKeys(), .. directory.FindPrivateKeySerials().Select(KeyDirectory.PrivateKeyFile)];
        var old = new List<(string Name, Ed25519PrivateKey Key)>();
        try
        {
            foreach (var name in names)
            {
                if (Open(directory, name, passphrase, newPassphrase, keyIds.GetValueOrDefault(name)) is { } key)
                {
                    old.Add((name, key));
                }
            }

            foreach (var (name, key) in old)
            {
                writer.Replace(name, key.ToEncryptedPem(newPassphrase));
            }

            return ([.. old.Select(static file => file.Name)], names.Length - old.Count);
        }
        finally
        {
            old.ForEach(static file => file.Key.Dispose());
        }
    }

    /// <summary>Why development keys get no other passphrase, and the remedy.</summary>
    /// <param name="what">The file, or the directory.</param>
    public static string OfDevelopment(string what) =>
        $"{what} holds development keys: their passphrase is public, so anyone may have them, and another passphrase would only make them look like better ones. Nothing was changed. "
        + $"For production make others, in an empty directory: set the environment variable {KeyPassphrase.Variable}, and run \"LicenseAuthority keys init --directory DIRECTORY\".";

    // Null: it has the new passphrase already.
    private static Ed25519PrivateKey? Open(KeyDirectory directory, string name, string passphrase, string newPassphrase, string? certifiedKeyId)
    {
        var path = directory.PathOf(name);
        var pem = directory.ReadText(name);
        var changed = Ed25519PrivateKey.FromEncryptedPem(pem, newPassphrase, path);
        var key = changed ?? Ed25519PrivateKey.FromEncryptedPem(pem, passphrase, path)
            ?? throw new KeyException(DevelopmentKeys.Opens(directory, name) ? OfDevelopment(path) :
                $"{path} opens neither with {KeyPassphrase.Variable} nor with {KeyPassphrase.NewVariable}: one of them is wrong, or the file is damaged. "
                + "Nothing was changed. Set both right, restore the file from the backup, or move it away.");

        // The encryption does not tell damage: what came out may be another key.
        var keyId = KeyThumbprint.Compute(key.PublicKey);
        if (keyId != (certifiedKeyId ?? keyId) || (name.StartsWith(KeyDirectory.RootFolder, StringComparison.Ordinal) && name != KeyDirectory.RootPrivateKeyFile(keyId)))
        {
            key.Dispose();
            throw new KeyException($"{path} holds key {keyId}, which is not the one of its certificate or its name. Nothing was changed. Restore it from the backup.");
        }

        if (changed is null)
        {
            return key;
        }

        changed.Dispose();
        return null;
    }
}
