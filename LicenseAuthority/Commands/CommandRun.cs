namespace LicenseAuthority.Commands;

/// <summary>What a command runs with.</summary>
/// <param name="Configuration">The settings, with those of the environment file and of the command line.</param>
/// <param name="ContentRoot">Where relative paths in settings start.</param>
/// <param name="IsDevelopment">Whether the environment is Development, where keys with the public passphrase are good enough.</param>
/// <param name="Time">The clock.</param>
/// <param name="Output">Where it says what it did.</param>
internal sealed record CommandRun(IConfiguration Configuration, string ContentRoot, bool IsDevelopment, TimeProvider Time, TextWriter Output)
{
    /// <summary>The settings that were given to it as arguments, in order.</summary>
    public IReadOnlyList<SettingArgument> Settings { get; init; } = [];
}
