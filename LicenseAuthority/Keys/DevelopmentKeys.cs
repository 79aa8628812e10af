namespace LicenseAuthority.Keys;

/// <summary>Keys that make a first start work without any set-up. They open with a public passphrase, so they are worth nothing but a try.</summary>
internal static class DevelopmentKeys
{
    /// <summary>What the root file says of them.</summary>
    public const string Purpose = "for development only, anyone can sign with them";

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

        KeyCeremony.Perform(writer, roots: 1, KeyPassphrase.Development, Purpose, time.GetUtcNow());
        return true;
    }

    /// <summary>
    /// Makes one more issuing key where none is for now, or the newest is over: that of a first start by a clock that was wrong. A key made in advance is left
    /// to its time. True if it did; false where the root key is no development key.
    /// </summary>
    public static bool RenewIfNotForNow(KeyDirectory directory, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var roots = directory.FindRootPrivateKeys();
        var states = KeyStates.Of(directory.ReadCertificates(), now.ToUnixTimeSeconds());
        var isServed = states.Any(static each => each.State == KeyState.InUse) && states[0].State is (KeyState.InUse or KeyState.Next);
        if (roots.Count == 0 || states.Count == 0 || isServed || !roots.All(name => Opens(directory, name)))
        {
            return false;
        }

        using var writer = KeyDirectoryWriter.Open(directory);
        KeyRotation.Perform(writer, KeyPassphrase.Development, revokeOlder: false, now);
        return true;
    }

    /// <summary>Whether a private key file opens with the public passphrase, so that anyone can sign with it.</summary>
    public static bool Opens(KeyDirectory directory, string name)
    {
        using var key = Ed25519PrivateKey.FromEncryptedPem(directory.ReadText(name), KeyPassphrase.Development, directory.PathOf(name));
        return key is not null;
    }
}
