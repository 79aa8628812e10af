namespace LicenseAuthority.Keys;

/// <summary>The section "Keys" of the configuration.</summary>
internal sealed class KeyOptions
{
    public const string SectionName = "Keys";

    /// <summary>Where the keys lie; a relative path starts at the content root.</summary>
    public string Directory { get; set; } = "keys";

    /// <summary>
    /// Opens the private keys. Demanded in Production; Development falls back to the public development passphrase.
    /// Comes from the environment (<c>Keys__Passphrase</c>) or a secret store, never from a committed file or the command line.
    /// </summary>
    public string? Passphrase { get; set; }

    /// <summary>What the command <c>keys passphrase</c> changes <see cref="Passphrase"/> to; the service does not read it. From the environment, as that one.</summary>
    public string? NewPassphrase { get; set; }

    /// <summary>
    /// The passphrase before a change: a start brings what hangs on it over to <see cref="Passphrase"/>. It opens no keys. From the environment, as that one.
    /// </summary>
    public string? PreviousPassphrase { get; set; }

    /// <summary>Says whether there is a passphrase, never which: options end up in logs sooner or later.</summary>
    public override string ToString() =>
        $"{nameof(KeyOptions)} {{ {nameof(Directory)} = {Directory}, {nameof(Passphrase)} = {Tell(Passphrase)}, {nameof(NewPassphrase)} = {Tell(NewPassphrase)}, "
        + $"{nameof(PreviousPassphrase)} = {Tell(PreviousPassphrase)} }}";

    private static string Tell(string? passphrase) => string.IsNullOrEmpty(passphrase) ? "none" : "set";
}
