using LicenseAuthority.Codes;
using LicenseAuthority.Keys;

namespace LicenseAuthority.Storage;

/// <summary>What was written after <c>LicenseAuthority storage</c>.</summary>
/// <param name="Subcommand">The word; <c>help</c> when usage was asked for.</param>
/// <param name="Settings">Settings, each as <c>--Section:Key=value</c>, for the configuration.</param>
/// <param name="To">The value of <c>--to</c>; null = not given.</param>
/// <param name="UndoMove">Whether <c>--undo-move</c> was given.</param>
internal sealed record StorageArguments(string Subcommand, IReadOnlyList<string> Settings, string? To, bool UndoMove)
{
    public const string Migrate = "migrate";
    public const string Backup = "backup";
    public const string Copy = "copy";
    public const string Restored = "restored";
    public const string Help = "help";

    private const string ToOption = "--to";
    private const string UndoMoveOption = "--undo-move";

    // Where the mark lies.
    private static readonly string[] AuthorityMarkSettings =
    [
        $"--{KeyOptions.SectionName}:{nameof(KeyOptions.Directory)}",
        $"--{StatusListOptions.SectionName}:{nameof(StatusListOptions.Directory)}",
    ];

    // Not all that the service knows: a setting that means nothing here is a mistake.
    private static readonly string[] KnownSettings =
    [
        $"--{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)}",
        $"--{StorageOptions.SectionName}:{nameof(StorageOptions.ConnectionString)}",
        "--contentRoot",
        .. AuthorityMarkSettings,
    ];

    /// <summary>Reads the arguments, as the process got them; null when they are not understood.</summary>
    public static StorageArguments? Parse(IReadOnlyList<string> arguments)
    {
        if (arguments is not [_, Migrate or Backup or Copy or Restored or Help or "--help" or "-h", ..])
        {
            return null;
        }

        var subcommand = arguments[1].TrimStart('-') is Migrate or Backup or Copy or Restored ? arguments[1] : Help;
        var settings = new List<string>();
        string? to = null;
        var undoMove = false;
        for (var i = 2; i < arguments.Count; i++)
        {
            var (name, value) = Split(arguments[i]);
            if (value is null && name is Help or "--help" or "-h")
            {
                return new StorageArguments(Help, [], null, false);
            }

            if (name == UndoMoveOption && value is null && !undoMove)
            {
                undoMove = true;
                continue;
            }

            // --name=value and --name value
            value ??= ++i < arguments.Count ? arguments[i] : null;
            if (string.IsNullOrEmpty(value))
            {
                return null;
            }

            if (name == ToOption && to is null)
            {
                to = value;
            }
            else if (KnownSettings.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                settings.Add($"{name}={value}");
            }
            else
            {
                return null;
            }
        }

        var complete = subcommand switch
        {
            Copy => to is not null != undoMove,
            Backup => to is not null && !undoMove,
            _ => to is null && !undoMove,
        };
        return complete ? new StorageArguments(subcommand, settings, to, undoMove) : null;
    }

    private static (string Name, string? Value) Split(string argument) =>
        argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (argument[..at], argument[(at + 1)..]) : (argument, null);
}
