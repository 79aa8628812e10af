using System.CommandLine;
using System.Globalization;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Commands;

namespace LicenseAuthority.Keys;

/// <summary>
/// The commands <c>keys …</c>: what is done with the keys of an authority, from the first ones on. They write only to the keys directory, under its lock,
/// and print no secret.
/// </summary>
internal sealed class KeysCommand
{
    private const string PassphraseRule =
        $"The passphrase that encrypts the private keys comes from the environment variable {KeyPassphrase.Variable}, never from an argument.";

    private const string InstantForm = "2027-01-31T00:00:00Z";

    // Made in one ceremony, so that the software that embeds both is not cut off when the first is lost.
    private const int Roots = 2;

    private static readonly string[] InstantForms = [Rfc3339.SecondsForm, "yyyy-MM-dd'T'HH:mm:sszzz"];

    private readonly KeyDirectory _directory;
    private readonly KeyOptions _options;
    private readonly string? _passphrase;
    private readonly bool _isDevelopment;
    private readonly DateTimeOffset _now;
    private readonly TextWriter _output;

    // What a person types starts where the person is.
    private KeysCommand(CommandRun run, string? directory)
    {
        _options = run.Configuration.GetSection(KeyOptions.SectionName).Get<KeyOptions>() ?? new KeyOptions();
        _directory = new KeyDirectory(directory is null ? Path.Combine(run.ContentRoot, _options.Directory) : Path.GetFullPath(directory));
        _isDevelopment = run.IsDevelopment && string.IsNullOrEmpty(_options.Passphrase);
        _passphrase = _isDevelopment ? KeyPassphrase.Development : _options.Passphrase;
        _now = run.Time.GetUtcNow();
        _output = run.Output;
    }

    /// <summary>Makes the command <c>keys</c>.</summary>
    /// <param name="dispatcher">What runs it.</param>
    /// <param name="countLivingCodes">
    /// How many codes that count each certificate signed, by serial, as the database of the settings says; <see cref="OperatorException"/> or
    /// <see cref="StoreBusyException"/> when it cannot be asked. It only reads.
    /// </param>
    public static Command Create(CommandDispatcher dispatcher, Func<CommandRun, Task<IReadOnlyDictionary<uint, long>>> countLivingCodes)
    {
        var directory = CommandDispatcher.TextOption("--directory", "DIRECTORY", "where, instead of the setting Keys:Directory (default: keys)");
        var json = new Option<bool>("--json") { Description = "as JSON" };
        var yes = new Option<bool>("--yes") { Description = "does it; without, the command only says what would die, and ends with 1" };
        var revokeOlder = new Option<bool>("--revoke-older")
        {
            Description = "an issuing key was stolen: licensed software is to refuse all older ones, with every code that they signed. Needs --yes",
        };
        var notBefore = CommandDispatcher.TextOption(
            "--not-before", "INSTANT", $"in advance: the key signs from then on, such as {InstantForm}, and nobody needs to be there. Until then the one before signs");
        notBefore.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var value }] && ParseInstant(value) is null)
            {
                result.AddError($"Option '--not-before' takes an instant with its zone, such as {InstantForm}.");
            }
        });
        var serial = new Argument<string>("SERIAL") { Description = "the number of a certificate; \"keys list\" shows them" };
        serial.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var value }] && ParseSerial(value) is null)
            {
                result.AddError("SERIAL is the number of a certificate, such as 1790000000; \"keys list\" shows them.");
            }
        });

        var rotate = dispatcher.Create(
            "rotate",
            $"Makes a new issuing key, certified by a root key whose private key lies in DIRECTORY. A running service uses it within seconds. {PassphraseRule}",
            [directory, notBefore, revokeOlder, yes],
            [],
            (parsed, run) =>
            {
                var command = new KeysCommand(run, parsed.GetValue(directory));
                return parsed.GetValue(revokeOlder)
                    ? command.RevokeAsync(null, parsed.GetValue(yes), () => countLivingCodes(run))
                    : command.RotateAsync(parsed.GetValue(notBefore) is { } instant ? ParseInstant(instant) : null);
            });
        rotate.Validators.Add(given =>
        {
            if (given.GetValue(revokeOlder) && given.GetResult(notBefore) is not null)
            {
                given.AddError("--revoke-older and --not-before do not go together: a stolen key is revoked at once.");
            }
        });
        var revoke = dispatcher.Create(
            "revoke",
            "The issuing key of a certificate was stolen: makes a new one, from which on licensed software refuses that certificate and all with a lower serial, with every code that they "
            + $"signed. {PassphraseRule}",
            [directory, yes],
            [],
            (parsed, run) => new KeysCommand(run, parsed.GetValue(directory)).RevokeAsync(
                ParseSerial(parsed.GetValue(serial)!), parsed.GetValue(yes), () => countLivingCodes(run)));
        revoke.Arguments.Add(serial);
        return new Command("keys", $"Makes, lists, replaces and revokes the keys of a license authority. {PassphraseRule}")
        {
            dispatcher.Create(
                "init",
                $"Makes the keys of a new license authority: two root keys (one in use, one standby) and an issuing key. {PassphraseRule}",
                [directory],
                [],
                (parsed, run) => new KeysCommand(run, parsed.GetValue(directory)).InitialiseAsync()),
            dispatcher.Create(
                "list",
                "Lists the certificates of the issuing keys: in-use, next (made in advance), retired or revoked. Needs no passphrase, and writes nothing.",
                [directory, json],
                [],
                (parsed, run) => new KeysCommand(run, parsed.GetValue(directory)).ListAsync(parsed.GetValue(json))),
            rotate,
            revoke,
            dispatcher.Create(
                "passphrase",
                $"Encrypts all private keys in DIRECTORY anew, from the passphrase in {KeyPassphrase.Variable} to the one in {KeyPassphrase.NewVariable}. Cut short, the same command finishes it.",
                [directory],
                [],
                (parsed, run) => new KeysCommand(run, parsed.GetValue(directory)).ChangePassphraseAsync()),
        };
    }

    private static DateTimeOffset? ParseInstant(string text) =>
        DateTimeOffset.TryParseExact(text, InstantForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;

    private static uint? ParseSerial(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var serial) ? serial : null;

    private static string Date(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, KeyCertificate.LatestSecond)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Instant(long seconds) =>
        Rfc3339.Seconds(DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, KeyCertificate.LatestSecond)));

    private void DemandPassphrase()
    {
        if (!_isDevelopment && KeyPassphrase.FindFault(_passphrase) is { } fault)
        {
            throw new KeyException(fault);
        }
    }

    private void DemandKeys()
    {
        if (!_directory.HasKeys())
        {
            throw new KeyException($"There are no keys in {_directory.FullPath}. To make the first ones, run \"LicenseAuthority keys init\".");
        }
    }

    private async Task ListAsync(bool json)
    {
        DemandKeys();
        var listing = KeyListing.Read(_directory, _now);
        await _output.WriteLineAsync(json ? listing.ToJson() : listing.ToText());
    }

    private async Task RotateAsync(DateTimeOffset? notBefore)
    {
        DemandPassphrase();
        DemandKeys();
        if (notBefore <= _now)
        {
            throw new KeyException($"--not-before is over: it is {Instant(_now.ToUnixTimeSeconds())}. Leave it out for a key that signs at once.");
        }

        using var writer = KeyDirectoryWriter.Open(_directory);
        var before = KeyStates.Of(_directory.ReadCertificates(), _now.ToUnixTimeSeconds());
        var made = KeyRotation.Perform(writer, _passphrase!, revokeOlder: false, _now, notBefore);
        if (notBefore is null)
        {
            await _output.WriteLineAsync($"Issuing key {made.KeyId} made (certificate {made.Serial}), to sign until {Date(made.NotAfter)}.");
        }
        else
        {
            await _output.WriteLineAsync($"Issuing key {made.KeyId} made (certificate {made.Serial}), to sign from {Instant(made.NotBefore)} until {Date(made.NotAfter)}.");
            if (before.FirstOrDefault(static each => each.State == KeyState.InUse).Certificate is { } inUse && inUse.NotAfter < made.NotBefore)
            {
                await _output.WriteLineAsync($"Mind the gap: certificate {inUse.Serial}, which is in use, ends {Instant(inUse.NotAfter)}. Until the new one begins nothing is signed.");
            }
        }

        await TellNextStepsAsync(made, before);
    }

    // Null: all that are there.
    private async Task RevokeAsync(uint? serial, bool yes, Func<Task<IReadOnlyDictionary<uint, long>>> countLivingCodes)
    {
        DemandPassphrase();
        DemandKeys();
        using var writer = KeyDirectoryWriter.Open(_directory);
        var before = KeyStates.Of(_directory.ReadCertificates(), _now.ToUnixTimeSeconds());
        if (serial is not null)
        {
            DemandRevocable(serial.Value, before);
        }

        var dying = before.Where(each => each.State != KeyState.Revoked && each.Certificate.Serial <= (serial ?? uint.MaxValue)).ToList();
        await TellWhatDiesAsync(dying, serial, countLivingCodes);
        if (!yes)
        {
            throw new KeyException("Nothing was done yet. Once done it cannot be undone; run the same command again with --yes to do it.");
        }

        var made = KeyRotation.Perform(writer, _passphrase!, revokeOlder: serial is null, _now, revokedSerial: serial);
        await _output.WriteLineAsync();
        await _output.WriteLineAsync($"Issuing key {made.KeyId} made (certificate {made.Serial}), to sign until {Date(made.NotAfter)}.");
        await _output.WriteLineAsync(
            $"All certificates below {made.MinimumSerial} are revoked: licensed software refuses what they signed from when it first sees a code of the new key. A running service that has the new key makes new codes of the same facts for every license that is in force, by itself.");
        await TellNextStepsAsync(made, before);
    }

    private void DemandRevocable(uint serial, IReadOnlyList<(KeyCertificate Certificate, KeyState State)> certificates)
    {
        if (!certificates.Any(each => each.Certificate.Serial == serial))
        {
            throw new KeyException(
                $"There is no certificate {serial} in {_directory.FullPath}: \"LicenseAuthority keys list\" shows those that there are. Nothing was done.");
        }

        if (certificates.Any(each => each.Certificate.Serial == serial && each.State == KeyState.Revoked))
        {
            throw new KeyException($"Certificate {serial} is revoked already: all below {KeyStates.MinimumSerial(certificates.Select(static each => each.Certificate))} are. Nothing was done.");
        }
    }

    private async Task TellWhatDiesAsync(
        List<(KeyCertificate Certificate, KeyState State)> dying, uint? serial, Func<Task<IReadOnlyDictionary<uint, long>>> countLivingCodes)
    {
        await _output.WriteLineAsync("These certificates die, with every code that they signed:");
        IReadOnlyDictionary<uint, long>? codes = null;
        var reason = "";
        try
        {
            codes = await countLivingCodes();
        }
        catch (Exception exception) when (exception is OperatorException or StoreBusyException)
        {
            reason = exception.Message;
        }

        foreach (var (certificate, state) in dying)
        {
            var living = codes is null ? "" : $", {Codes(codes.GetValueOrDefault(certificate.Serial))}";
            await _output.WriteLineAsync(
                $"  {certificate.Serial}  {KeyListing.WordOf(state)}, {Instant(certificate.NotBefore)} to {Instant(certificate.NotAfter)}{living}");
        }

        if (codes is null)
        {
            await _output.WriteLineAsync($"The living codes that they signed were not counted: {reason}");
            return;
        }

        // Also of certificates that are not here, and of codes of before it was written down who signed.
        await _output.WriteLineAsync($"Living codes that die: {Codes(codes.Where(each => each.Key <= (serial ?? uint.MaxValue)).Sum(static each => each.Value))}, "
            + "counting the newest one of each license that is active or frozen, and of each of its devices.");
        if (codes.GetValueOrDefault(0u) is > 0 and var unknown)
        {
            await _output.WriteLineAsync($"Among them are {Codes(unknown)} of a time when it was not recorded which key signed.");
        }
    }

    private static string Codes(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "living code" : "living codes")}");

    private async Task TellNextStepsAsync(KeyCertificate made, IReadOnlyList<(KeyCertificate Certificate, KeyState State)> before)
    {
        var superseded = before.Where(each => each.State == KeyState.Next
            && each.Certificate.Serial >= made.MinimumSerial && each.Certificate.Serial < made.Serial && each.Certificate.NotBefore >= made.NotBefore);
        foreach (var (certificate, _) in superseded)
        {
            await _output.WriteLineAsync($"Certificate {certificate.Serial}, made in advance for {Instant(certificate.NotBefore)}, will not come to sign: this one is newer.");
        }

        await _output.WriteLineAsync();
        await _output.WriteLineAsync(made.NotBefore > _now.ToUnixTimeSeconds()
            ? "1. Copy these files, in this order, into the keys directory of every node before that; a running service uses the key by itself when its time comes:"
            : "1. Copy these files, in this order, into the keys directory of every node; a running service uses the key within seconds:");
        await _output.WriteLineAsync($"     {_directory.PathOf(KeyDirectory.PrivateKeyFile(made.Serial))}");
        await _output.WriteLineAsync($"     {_directory.PathOf(KeyDirectory.CertificateFile(made.Serial))}");
        await _output.WriteLineAsync("   As soon as one node uses it, a node without it is not ready and signs nothing.");
        await _output.WriteLineAsync();
        await _output.WriteLineAsync("2. Back up the directory. If private root keys lie in it, move them offline again.");
        await _output.WriteLineAsync();
        await _output.WriteLineAsync(
            "3. A service deletes the private key files (.pem) of older certificates from its own directory when it has signed with a newer key for an hour. Delete them elsewhere, too, in old");
        await _output.WriteLineAsync("   backups as well: an old key can still sign with an earlier date. Keep the certificates (.cert): what they signed keeps verifying.");
    }

    private async Task ChangePassphraseAsync()
    {
        if (string.IsNullOrEmpty(_passphrase))
        {
            throw new KeyException(KeyPassphrase.FindFault(_passphrase)!);
        }

        if (_passphrase == KeyPassphrase.Development)
        {
            throw new KeyException(KeyPassphraseChange.OfDevelopment(_directory.FullPath));
        }

        if (KeyPassphrase.FindFault(_options.NewPassphrase, KeyPassphrase.NewVariable) is { } fault)
        {
            throw new KeyException(fault);
        }

        if (_options.NewPassphrase == _passphrase)
        {
            throw new KeyException($"{KeyPassphrase.NewVariable} is the same as {KeyPassphrase.Variable}: set it to another passphrase.");
        }

        DemandKeys();
        using var writer = KeyDirectoryWriter.Open(_directory);
        var (changed, changedBefore) = KeyPassphraseChange.Perform(writer, _passphrase!, _options.NewPassphrase!);
        foreach (var name in changed)
        {
            await _output.WriteLineAsync($"Encrypted anew: {_directory.PathOf(name)}");
        }

        if (changedBefore > 0)
        {
            await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Private keys that had the new passphrase already: {changedBefore}."));
        }

        await _output.WriteLineAsync();
        await _output.WriteLineAsync("1. Do the same, or copy the files, on every node, and where the private root keys are. Old copies and backups still open with the old passphrase.");
        await _output.WriteLineAsync($"2. Restart each node with {KeyPassphrase.Variable} set to the new passphrase, and Keys__PreviousPassphrase to the old one, which brings the secrets of webhooks over. Until then a");
        await _output.WriteLineAsync("   running service goes on with the key that it has.");
        await _output.WriteLineAsync("3. When all nodes have started once, take Keys__PreviousPassphrase out again.");
    }

    private async Task InitialiseAsync()
    {
        DemandPassphrase();
        KeyCeremony.Result made;
        using (var writer = KeyDirectoryWriter.Open(_directory))
        {
            made = KeyCeremony.Perform(writer, Roots, _passphrase!, _isDevelopment ? DevelopmentKeys.Purpose : "for production", _now);
        }

        await _output.WriteLineAsync($"Keys made in {_directory.FullPath}");
        if (_isDevelopment)
        {
            await _output.WriteLineAsync($"They are development keys: the environment is Development, and {KeyPassphrase.Variable} is not set. Anyone can sign with them; Production refuses them.");
        }

        await _output.WriteLineAsync();
        await _output.WriteLineAsync($"1. Embed both public root keys in your software (they also stand in {KeyDirectory.RootsFile}):");
        await _output.WriteLineAsync($"     {made.RootLines[0]}   in use");
        await _output.WriteLineAsync($"     {made.RootLines[1]}   standby");
        await _output.WriteLineAsync();
        await _output.WriteLineAsync("2. Keep the passphrase in a safe place, apart from the keys. Without it they are lost, and nobody can recover them.");
        await _output.WriteLineAsync();
        await _output.WriteLineAsync("3. Back up the whole directory, then move the private root keys offline and delete them here; the service does not need them:");
        foreach (var file in made.RootPrivateKeyFiles)
        {
            await _output.WriteLineAsync($"     {_directory.PathOf(file)}");
        }

        await _output.WriteLineAsync();
        await _output.WriteLineAsync(
            $"The service signs with issuing key {made.Certificate.KeyId} (certificate {made.Certificate.Serial}) until {Date(made.Certificate.NotAfter)}.");
        var passphrase = _isDevelopment ? "in Development" : $"with {KeyPassphrase.Variable} set to the same passphrase";
        await _output.WriteLineAsync($"Start it {passphrase}, and Keys__Directory={_directory.FullPath} unless that is where it looks anyway.");
    }
}
