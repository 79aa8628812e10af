using System.CommandLine;
using System.Globalization;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Commands;

namespace LicenseAuthority.Keys;

/// <summary>
/// The commands <c>keys init</c>, which makes the keys of an authority, once, and <c>keys rotate</c>, which makes its next issuing key. Writes only to the
/// keys directory, and prints no secret.
/// </summary>
internal sealed class KeysCommand
{
    private const string PassphraseRule =
        $"The passphrase that encrypts the private keys comes from the environment variable {KeyPassphrase.Variable}, never from an argument.";

    // Made in one ceremony, so that the software that embeds both is not cut off when the first is lost.
    private const int Roots = 2;

    private readonly KeyDirectory _directory;
    private readonly string? _passphrase;
    private readonly TimeProvider _time;
    private readonly TextWriter _output;

    // What a person types starts where the person is.
    private KeysCommand(CommandRun run, string? directory)
    {
        var options = run.Configuration.GetSection(KeyOptions.SectionName).Get<KeyOptions>() ?? new KeyOptions();
        _directory = new KeyDirectory(directory is null ? Path.Combine(run.ContentRoot, options.Directory) : Path.GetFullPath(directory));
        _passphrase = options.Passphrase;
        _time = run.Time;
        _output = run.Output;
    }

    /// <summary>Makes the command <c>keys</c>.</summary>
    public static Command Create(CommandDispatcher dispatcher)
    {
        var directory = CommandDispatcher.TextOption("--directory", "DIRECTORY", "where, instead of the setting Keys:Directory (default: keys)");
        var revokeOlder = new Option<bool>("--revoke-older")
        {
            Description = "an issuing key was stolen: licensed software is to refuse all older ones, with every code that they signed",
        };
        return new Command("keys", $"Makes the keys of a license authority. {PassphraseRule}")
        {
            dispatcher.Create(
                "init",
                $"Makes the keys of a new license authority: two root keys (one in use, one standby) and an issuing key. {PassphraseRule}",
                [directory],
                [],
                (parsed, run) =>
                {
                    new KeysCommand(run, parsed.GetValue(directory)).Initialise();
                    return Task.CompletedTask;
                }),
            dispatcher.Create(
                "rotate",
                $"Makes a new issuing key, certified by a root key whose private key lies in DIRECTORY. A running service uses it within seconds. {PassphraseRule}",
                [directory, revokeOlder],
                [],
                (parsed, run) =>
                {
                    new KeysCommand(run, parsed.GetValue(directory)).Rotate(parsed.GetValue(revokeOlder));
                    return Task.CompletedTask;
                }),
        };
    }

    private void DemandPassphrase()
    {
        if (KeyPassphrase.FindFault(_passphrase) is { } fault)
        {
            throw new KeyException(fault);
        }
    }

    private void Rotate(bool revokeOlder)
    {
        DemandPassphrase();
        if (!_directory.HasKeys())
        {
            throw new KeyException($"There are no keys in {_directory.FullPath}. To make the first ones, run \"LicenseAuthority keys init\".");
        }

        KeyCertificate made;
        using (var writer = KeyDirectoryWriter.Open(_directory))
        {
            made = KeyRotation.Perform(writer, _passphrase!, revokeOlder, _time.GetUtcNow());
        }

        var endsAt = DateTimeOffset.FromUnixTimeSeconds(Math.Min(made.NotAfter, KeyCertificate.LatestSecond));
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Issuing key {made.KeyId} made (certificate {made.Serial}), to sign until {endsAt:yyyy-MM-dd}."));
        if (revokeOlder)
        {
            _output.WriteLine(
                $"All certificates below {made.Serial} are revoked: licensed software refuses what they signed from when it first sees a code of the new key. Every license needs a new code.");
        }

        _output.WriteLine();
        _output.WriteLine("1. Copy these files, in this order, into the keys directory of every node; a running service uses the key within seconds:");
        _output.WriteLine($"     {_directory.PathOf(KeyDirectory.PrivateKeyFile(made.Serial))}");
        _output.WriteLine($"     {_directory.PathOf(KeyDirectory.CertificateFile(made.Serial))}");
        _output.WriteLine("   As soon as one node uses it, a node without it is not ready and signs nothing.");
        _output.WriteLine();
        _output.WriteLine("2. Back up the _directory. If private root keys lie in it, move them offline again.");
        _output.WriteLine();
        _output.WriteLine(
            "3. When all nodes use it, the private key files (.pem) of older certificates may be deleted. Keep the certificates (.cert): what they signed keeps verifying.");
    }

    private void Initialise()
    {
        DemandPassphrase();
        KeyCeremony.Result made;
        using (var writer = KeyDirectoryWriter.Open(_directory))
        {
            made = KeyCeremony.Perform(writer, Roots, _passphrase!, "for production", _time.GetUtcNow());
        }

        var endsAt = DateTimeOffset.FromUnixTimeSeconds(Math.Min(made.Certificate.NotAfter, KeyCertificate.LatestSecond));
        _output.WriteLine($"Keys made in {_directory.FullPath}");
        _output.WriteLine();
        _output.WriteLine($"1. Embed both public root keys in your software (they also stand in {KeyDirectory.RootsFile}):");
        _output.WriteLine($"     {made.RootLines[0]}   in use");
        _output.WriteLine($"     {made.RootLines[1]}   standby");
        _output.WriteLine();
        _output.WriteLine("2. Keep the passphrase in a safe place, apart from the keys. Without it they are lost, and nobody can recover them.");
        _output.WriteLine();
        _output.WriteLine("3. Back up the whole directory, then move the private root keys offline and delete them here; the service does not need them:");
        foreach (var file in made.RootPrivateKeyFiles)
        {
            _output.WriteLine($"     {_directory.PathOf(file)}");
        }

        _output.WriteLine();
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The service signs with issuing key {made.Certificate.KeyId} (certificate {made.Certificate.Serial}) until {endsAt:yyyy-MM-dd}."));
        _output.WriteLine(
            $"Start it with {KeyPassphrase.Variable} set to the same passphrase, and Keys__Directory={_directory.FullPath} unless that is where it looks anyway.");
    }
}
