using System.Globalization;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>
/// The command <c>keys init</c>: makes the keys of an authority, once. Writes only to the keys directory, and neither prints a secret nor repeats an argument
/// that it does not know, which may be one.
/// </summary>
internal sealed class KeysCommand(
    IConfiguration configuration, string contentRoot, TimeProvider time, TextWriter output, TextWriter error)
{
    /// <summary>The first argument that leads here.</summary>
    public const string Name = "keys";

    private const string Usage = $"""
        Usage: LicenseAuthority keys init [--directory DIRECTORY]

        Makes the keys of a new license authority: two root keys (one in use, one standby) and an issuing key.
          --directory DIRECTORY   where to, instead of the setting Keys:Directory (default: keys)
        The passphrase that encrypts the private keys comes from the environment variable {KeyPassphrase.Variable}, never from an argument.
        """;

    // Made in one ceremony, so that the software that embeds both is not cut off when the first is lost.
    private const int Roots = 2;

    /// <summary>Runs <c>keys init …</c>, the arguments as the process got them; the exit code is 0, or 1 with the reason on <c>error</c>.</summary>
    public int Run(IReadOnlyList<string> arguments)
    {
        var options = configuration.GetSection(KeyOptions.SectionName).Get<KeyOptions>() ?? new KeyOptions();
        string path;
        switch (arguments)
        {
            case [Name, "init"]:
                path = Path.Combine(contentRoot, options.Directory);
                break;
            case [Name, "init", "--directory", { Length: > 0 } directory]:
                // What a person types starts where the person is.
                path = Path.GetFullPath(directory);
                break;
            case [Name, "help" or "--help" or "-h"] or [Name, "init", "help" or "--help" or "-h"]:
                output.WriteLine(Usage);
                return 0;
            default:
                error.WriteLine(Usage);
                return 1;
        }

        try
        {
            Initialise(new KeyDirectory(path), options.Passphrase);
            return 0;
        }
        catch (KeyException exception)
        {
            error.WriteLine(exception.Message);
            return 1;
        }
    }

    private void Initialise(KeyDirectory directory, string? passphrase)
    {
        if (KeyPassphrase.FindFault(passphrase) is { } fault)
        {
            throw new KeyException(fault);
        }

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
