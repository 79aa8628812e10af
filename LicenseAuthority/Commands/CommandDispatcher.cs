using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace LicenseAuthority.Commands;

/// <summary>
/// The one dispatch of what is written after <c>LicenseAuthority</c>: a command, help, the version, or nothing but settings, which is to serve. An area
/// makes its commands with <see cref="Create"/> or <see cref="CreateWithExitCode"/>. Each of them, and serving, takes <c>--environment-file</c>. What is wrong is told with the name of the
/// option; what was given is repeated only where it is nearly the name of a command or an option, as anything else may be a secret.
/// </summary>
/// <param name="readSettings">Opens the settings, with those of the command line given as arguments; may throw <see cref="OperatorException"/>.</param>
/// <param name="time">The clock.</param>
/// <param name="output">Where commands say what they did.</param>
/// <param name="error">Where they say why not.</param>
internal sealed class CommandDispatcher(
    Func<string[], (IConfiguration Configuration, string ContentRoot, bool IsDevelopment)> readSettings, TimeProvider time, TextWriter output, TextWriter error)
{
    private const string ProgramName = nameof(LicenseAuthority);

    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private readonly Option<string> _environmentFile = TextOption(
        "--environment-file", "FILE", "the file with the service's variables, as the EnvironmentFile= of its systemd unit; they go over those of the shell");

    // What else may be written after a command, and how it ends when it was not understood.
    private readonly Dictionary<Command, Terms> _terms = [];

    /// <summary>An option that takes a text, which may not be empty.</summary>
    public static Option<string> TextOption(string name, string valueName, string description)
    {
        var option = new Option<string>(name) { HelpName = valueName, Description = description };
        option.Validators.Add(static result =>
        {
            // What begins with - is the next option: the value was forgotten.
            if (result.Tokens is [{ Value: var value }] && (value.Length == 0 || value.StartsWith('-')))
            {
                result.AddError($"Option '{result.Option.Name}' has no value.");
            }
        });
        return option;
    }

    /// <summary>Makes a command that runs and ends. <see cref="OperatorException"/> from <paramref name="run"/> is shown in one line; the exit code is then 1.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does, for the help.</param>
    /// <param name="options">Its options, beside <c>--environment-file</c>.</param>
    /// <param name="settings">The names of the settings that may be given to it as <c>--Section:Key value</c>.</param>
    /// <param name="run">What it does.</param>
    public Command Create(string name, string description, IReadOnlyList<Option> options, string[] settings, Func<ParseResult, CommandRun, Task> run) =>
        Make(name, description, options, new Terms(settings, Refused: 1), async (parsed, given) =>
        {
            await run(parsed, given);
            return 0;
        });

    /// <summary>Makes a command that takes every setting of the service, and whose exit code says more than that it failed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does, for the help.</param>
    /// <param name="options">Its options, beside <c>--environment-file</c>.</param>
    /// <param name="refused">The exit code where it was not understood, or ended with an <see cref="OperatorException"/>.</param>
    /// <param name="run">What it does; the exit code.</param>
    public Command CreateWithExitCode(
        string name, string description, IReadOnlyList<Option> options, int refused, Func<ParseResult, CommandRun, Task<int>> run) =>
        Make(name, description, options, new Terms(Settings: null, refused), run);

    private Command Make(string name, string description, IReadOnlyList<Option> options, Terms terms, Func<ParseResult, CommandRun, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        command.Options.Add(_environmentFile);
        _terms.Add(command, terms);
        command.SetAction(parsed => RunAsync(parsed, terms, run));
        return command;
    }

    /// <summary>Does what the arguments say; the exit code.</summary>
    /// <param name="arguments">As the process got them.</param>
    /// <param name="commands">The commands that there are.</param>
    /// <param name="serve">Serves, with settings as arguments, until it is told to stop; the exit code.</param>
    public async Task<int> DispatchAsync(string[] arguments, IReadOnlyList<Command> commands, Func<string[], Task<int>> serve)
    {
        var root = Root(commands, serve, arguments);
        var parsed = root.Parse(arguments, Parsing);
        var asked = parsed.Action is HelpAction or VersionAction;
        if (!asked && FindFault(parsed, root, arguments) is { } fault)
        {
            await error.WriteLineAsync(fault);
            await error.WriteLineAsync();
            await root.Parse([.. PathOf(parsed.CommandResult), "--help"], Parsing).InvokeAsync(Invocation(error));
            return _terms.TryGetValue(parsed.CommandResult.Command, out var terms) ? terms.Refused : 1;
        }

        return await parsed.InvokeAsync(Invocation(output));
    }

    private Command Root(IReadOnlyList<Command> commands, Func<string[], Task<int>> serve, string[] arguments)
    {
        var root = new Command(
            ProgramName,
            """
            Without a command it serves until it is stopped. Settings come from appsettings.json, from environment variables (Section__Key) and from arguments
            (--Section:Key VALUE, --Section:Key=VALUE), the later ones winning: docs/configuration.md. What the host reads may be given as well, such as
            --urls, --environment and --contentRoot. Secrets belong into the environment: others on this machine can see arguments.
            """)
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        root.Options.Add(_environmentFile);
        root.Options.Add(new HelpOption("--help", "-h", "-?"));
        root.Options.Add(new Option<bool>("--version") { Description = "Shows the version.", Action = new VersionAction() });
        foreach (var command in commands)
        {
            root.Subcommands.Add(command);
        }

        root.SetAction((parsed, _) => ServeAsync(parsed, serve, arguments));
        return root;
    }

    private async Task<int> ServeAsync(ParseResult parsed, Func<string[], Task<int>> serve, string[] arguments)
    {
        if (parsed.GetValue(_environmentFile) is not { } file)
        {
            return await serve(arguments);
        }

        try
        {
            EnvironmentFile.Load(file);
        }
        catch (OperatorException exception)
        {
            await error.WriteLineAsync($"{ProgramName} cannot start: {exception.Message}");
            return 1;
        }

        // The file is no setting: the rest are.
        return await serve([.. parsed.UnmatchedTokens]);
    }

    // The host ends itself when it is told to, in its own time; an exception that nobody expects ends the process as everywhere.
    private static InvocationConfiguration Invocation(TextWriter writer) =>
        new() { Output = writer, Error = writer, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    private string? FindFault(ParseResult parsed, Command root, string[] arguments)
    {
        var command = parsed.CommandResult.Command;
        if (command == root)
        {
            // Settings are looked at where they are read.
            return arguments is [var first, ..] && !first.StartsWith('-') && !first.StartsWith('/') ? DescribeNoCommand(first, root)
                : parsed.Errors is [var noFile, ..] ? WithoutValues(noFile)
                : null;
        }

        var path = PathOf(parsed.CommandResult);
        if (!arguments.Take(path.Length).SequenceEqual(path, StringComparer.Ordinal))
        {
            return $"The command {string.Join(' ', path)} must be what the arguments begin with.";
        }

        if (command.Subcommands.Count > 0)
        {
            return parsed.UnmatchedTokens is [var given, ..] && NearestName.FindClose(given, command.Subcommands.Select(static sub => sub.Name)) is { } meant
                ? $"There is no command \"{string.Join(' ', path)} {given}\". Did you mean \"{string.Join(' ', path)} {meant}\"?"
                : $"{ProgramName} {string.Join(' ', path)} needs one of: {string.Join(", ", command.Subcommands.Select(static sub => sub.Name))}.";
        }

        // Before what the library finds: where an option is misspelled, it says that another one is missing.
        if (parsed.UnmatchedTokens.Select(token => DescribeNoOption(command, token)).FirstOrDefault(static fault => fault is not null) is { } noOption)
        {
            return noOption;
        }

        // The library would take the value for an argument of its own.
        var flagged = command.Options.OfType<Option<bool>>()
            .FirstOrDefault(flag => arguments.Any(argument => argument.StartsWith(flag.Name + '=', StringComparison.Ordinal)));
        if (flagged is not null)
        {
            return $"Option '{flagged.Name}' takes no value.";
        }

        return parsed.Errors is [var error, ..] ? WithoutValues(error) : null;
    }

    private static string DescribeNoCommand(string given, Command root)
    {
        // What people try with other programs, and commands without the one that they belong to.
        var paths = root.Subcommands.Select(static sub => (sub.Name, Path: sub.Name))
            .Concat(root.Subcommands.SelectMany(static sub => sub.Subcommands.Select(leaf => (leaf.Name, Path: $"{sub.Name} {leaf.Name}"))))
            .Append(("help", "--help"))
            .Append(("version", "--version"))
            .ToList();
        if (NearestName.FindClose(given, paths.Select(static path => path.Item1)) is { } meant)
        {
            return $"There is no command \"{given}\". Did you mean \"{paths.First(path => path.Item1 == meant).Item2}\"?";
        }

        return NearestName.FindClose(given, ["serve", "start", "run"]) is null
            ? $"The first argument is no command of {ProgramName}. Without a command it serves, with settings as --Section:Key VALUE."
            : $"There is no command \"{given}\": without a command {ProgramName} serves, with settings as --Section:Key VALUE.";
    }

    // Null: it is a setting, which is looked at where it is read, or none that can be repeated.
    private string? DescribeNoOption(Command command, string token)
    {
        var given = token.Split('=', 2)[0];
        var known = command.Options.Select(static option => option.Name).Concat((_terms[command].Settings ?? []).Select(static name => "--" + name)).ToList();
        if (!given.StartsWith('-') || known.Contains(given, StringComparer.OrdinalIgnoreCase)

            // No option has a section; a setting that is misspelled is told where settings are read.
            || (_terms[command].Settings is null && given.Contains(':', StringComparison.Ordinal)))
        {
            return null;
        }

        return NearestName.FindClose(given, known) is { } meant
            ? $"\"{command.Name}\" has no option {given}. Did you mean {meant}? \"--help\" shows all."
            : null;
    }

    // The library's texts name the option; some repeat the value too.
    private static string WithoutValues(ParseError fault) =>
        fault.SymbolResult is OptionResult { Option.Name: var name, Tokens: var values }
            && values.Any(token => token.Value.Length > 0 && fault.Message.Contains(token.Value, StringComparison.Ordinal))
            ? $"Option '{name}' does not take what it was given."
            : fault.Message;

    private static string[] PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? [.. PathOf(parent), result.Command.Name] : [];

    private async Task<int> RunAsync(ParseResult parsed, Terms terms, Func<ParseResult, CommandRun, Task<int>> run)
    {
        try
        {
            var settings = SettingArguments.Read(parsed.UnmatchedTokens);
            if (terms.Settings is { } names
                && settings.FirstOrDefault(setting => !names.Contains(setting.Name, StringComparer.OrdinalIgnoreCase)) is { Name: { } unknown })
            {
                var command = parsed.CommandResult.Command;
                var known = command.Options.Select(static option => option.Name).Concat(names.Select(static name => "--" + name));
                throw new ConfigurationException($"\"{command.Name}\" has no option --{unknown}. Did you mean {NearestName.Of("--" + unknown, known)}? \"--help\" shows all.");
            }

            if (parsed.GetValue(_environmentFile) is { } file)
            {
                EnvironmentFile.Load(file);
            }

            var (configuration, contentRoot, isDevelopment) = readSettings([.. settings.Select(static setting => setting.ToArgument())]);
            return await run(parsed, new CommandRun(configuration, contentRoot, isDevelopment, time, output) { Settings = settings });
        }
        catch (OperatorException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return terms.Refused;
        }
    }

    // Settings: the names that may be given as --Section:Key value; null = all of the service.
    private sealed record Terms(string[]? Settings, int Refused);

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"{ProgramName} {AuthorityVersion.Text}");
            return 0;
        }
    }
}
