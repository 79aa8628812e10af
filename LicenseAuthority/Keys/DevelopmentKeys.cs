namespace LicenseAuthority.Keys;

/// <summary>Keys that make a first start work without any set-up. They open with a public passphrase, so they are worth nothing but a try.</summary>
internal static class DevelopmentKeys
{
    /// <summary>Makes one root and one issuing key if the directory has no keys at all; true if it did.</summary>
    public static bool GenerateIfEmpty(KeyDirectory directory, TimeProvider time)
    {
        if (directory.HasKeys())
        {
            return false;
        }

        using var writer = KeyDirectoryWriter.Open(directory);
        // Once more under the lock: another process may just have made them.
        if (directory.HasKeys())
        {
            return false;
        }

        KeyCeremony.Perform(writer, roots: 1, KeyPassphrase.Development, "for development only, anyone can sign with them", time.GetUtcNow());
        return true;
    }
}
