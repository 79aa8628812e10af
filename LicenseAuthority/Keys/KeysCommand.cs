using System.Globalization;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// The commands <c>keys init</c>, which makes the keys of an authority, once, and <c>keys rotate</c>, which makes its next issuing key. Writes only
/// to the keys directory, and neither prints a secret nor repeats an argument that it does not know, which may be one.
/// </summary>
internal sealed class KeysCommand(
    IConfiguration configuration, string contentRoot, TimeProvider time, TextWriter output, TextWriter error)
{
    /// <summary>The first argument that leads here.</summary>
    public const string Name = "keys";

    private const string Usage = $"""
        Usage: LicenseAuthority keys init   [--directory DIRECTORY]
               LicenseAuthority keys rotate [--directory DIRECTORY] [--revoke-older]

        init makes the keys of a new license authority: two root keys (one in use, one standby) and an issuing key.
        rotate makes a new issuing key, certified by a root key whose private key lies in DIRECTORY. A running service uses it within seconds.
          --directory DIRECTORY   where, instead of the setting Keys:Directory (default: keys)
          --revoke-older          an issuing key was stolen: licensed software is to refuse all older ones, with every code that they signed
        The passphrase that encrypts the private keys comes from the environment variable {KeyPassphrase.Variable}, never from an argument.
        """;

    // Made in one ceremony, so that the software that embeds both is not cut off when the first is lost.
    private const int Roots = 2;

    /// <summary>Runs <c>keys …</c>, the arguments as the process got them; the exit code is 0, or 1 with the reason on <c>error</c>.</summary>
    public int Run(IReadOnlyList<string> arguments)
    {
        var options = configuration.GetSection(KeyOptions.SectionName).Get<KeyOptions>() ?? new KeyOptions();
        if (arguments is [Name, "help" or "--help" or "-h"] or [Name, "init" or "rotate", "help" or "--help" or "-h"])
        {
            output.WriteLine(Usage);
            return 0;
        }

        if (arguments is not [Name, ("init" or "rotate") and var verb, ..] || !TryReadOptions([.. arguments.Skip(2)], verb, out var directory, out var revokeOlder))
        {
            error.WriteLine(Usage);
            return 1;
        }

        try
        {
            // What a person types starts where the person is.
            var keys = new KeyDirectory(directory is null ? Path.Combine(contentRoot, options.Directory) : Path.GetFullPath(directory));
            if (verb == "init")
            {
                Initialise(keys, options.Passphrase);
            }
            else
            {
                Rotate(keys, options.Passphrase, revokeOlder);
            }

            return 0;
        }
        catch (KeyException exception)
        {
            error.WriteLine(exception.Message);
            return 1;
        }
    }

    private static bool TryReadOptions(List<string> arguments, string verb, out string? directory, out bool revokeOlder)
    {
        directory = null;
        revokeOlder = false;
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--directory" when directory is null && i + 1 < arguments.Count && arguments[i + 1].Length > 0:
                    directory = arguments[++i];
                    break;
                case "--revoke-older" when verb == "rotate" && !revokeOlder:
                    revokeOlder = true;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static void DemandPassphrase(string? passphrase)
    {
        if (KeyPassphrase.FindFault(passphrase) is { } fault)
        {
            throw new KeyException(fault);
        }
    }

    private void Rotate(KeyDirectory directory, string? passphrase, bool revokeOlder)
    {
        DemandPassphrase(passphrase);
        if (!directory.HasKeys())
        {
            throw new KeyException($"There are no keys in {directory.FullPath}. To make the first ones, run \"LicenseAuthority keys init\".");
        }

        KeyCertificate made;
        using (var writer = KeyDirectoryWriter.Open(directory))
        {
            made = KeyRotation.Perform(writer, passphrase!, revokeOlder, time.GetUtcNow());
        }

        var endsAt = DateTimeOffset.FromUnixTimeSeconds(Math.Min(made.NotAfter, KeyCertificate.LatestSecond));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Issuing key {made.KeyId} made (certificate {made.Serial}), to sign until {endsAt:yyyy-MM-dd}."));
        if (revokeOlder)
        {
            output.WriteLine(
                $"All certificates below {made.Serial} are revoked: licensed software refuses what they signed from when it first sees a code of the new key. Every license needs a new code.");
        }

        output.WriteLine();
        output.WriteLine("1. Copy these files, in this order, into the keys directory of every node; a running service uses the key within seconds:");
        output.WriteLine($"     {directory.PathOf(KeyDirectory.PrivateKeyFile(made.Serial))}");
        output.WriteLine($"     {directory.PathOf(KeyDirectory.CertificateFile(made.Serial))}");
        output.WriteLine("   As soon as one node uses it, a node without it is not ready and signs nothing.");
        output.WriteLine();
        output.WriteLine("2. Back up the directory. If private root keys lie in it, move them offline again.");
        output.WriteLine();
        output.WriteLine(
            "3. When all nodes use it, the private key files (.pem) of older certificates may be deleted. Keep the certificates (.cert): what they signed keeps verifying.");
    }

    private void Initialise(KeyDirectory directory, string? passphrase)
    {
        DemandPassphrase(passphrase);
        KeyCeremony.Result made;
        using (var writer = KeyDirectoryWriter.Open(directory))
        {
            made = KeyCeremony.Perform(writer, Roots, passphrase!, "for production", time.GetUtcNow());
        }

        var endsAt = DateTimeOffset.FromUnixTimeSeconds(Math.Min(made.Certificate.NotAfter, KeyCertificate.LatestSecond));
        output.WriteLine($"Keys made in {directory.FullPath}");
        output.WriteLine();
        output.WriteLine($"1. Embed both public root keys in your software (they also stand in {KeyDirectory.RootsFile}):");
        output.WriteLine($"     {made.RootLines[0]}   in use");
        output.WriteLine($"     {made.RootLines[1]}   standby");
        output.WriteLine();
        output.WriteLine("2. Keep the passphrase in a safe place, apart from the keys. Without it they are lost, and nobody can recover them.");
        output.WriteLine();
        output.WriteLine("3. Back up the whole directory, then move the private root keys offline and delete them here; the service does not need them:");
        foreach (var file in made.RootPrivateKeyFiles)
        {
            output.WriteLine($"     {directory.PathOf(file)}");
        }

        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The service signs with issuing key {made.Certificate.KeyId} (certificate {made.Certificate.Serial}) until {endsAt:yyyy-MM-dd}."));
        output.WriteLine(
            $"Start it with {KeyPassphrase.Variable} set to the same passphrase, and Keys__Directory={directory.FullPath} unless that is where it looks anyway.");
    }
}
