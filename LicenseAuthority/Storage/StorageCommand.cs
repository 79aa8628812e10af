using System.CommandLine;
using LicenseAuthority.Commands;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Storage;

/// <summary>The commands <c>storage migrate</c>, <c>storage backup</c> and <c>storage copy</c>. None prints a secret.</summary>
internal sealed class StorageCommand
{
    private const string ToOption = "The connection string of --to";

    private const string Database =
        "The database is the one of the settings Storage:Provider and Storage:ConnectionString; --Storage:Provider=… and --Storage:ConnectionString=… go over them.";

    private const string PasswordRule =
        "Arguments can be seen by others on this machine: give the password in the environment variable PGPASSWORD or in a file (PGPASSFILE).";

    // Not all that the service knows: a setting that means nothing here is a mistake.
    private static readonly string[] Settings =
    [
        $"{StorageOptions.SectionName}:{nameof(StorageOptions.Provider)}",
        $"{StorageOptions.SectionName}:{nameof(StorageOptions.ConnectionString)}",
        "contentRoot",
    ];

    private readonly IConfiguration _configuration;
    private readonly IReadOnlyList<ISchemaPart> _parts;
    private readonly StorageOptions _options;
    private readonly string _contentRoot;
    private readonly TimeProvider _time;
    private readonly TextWriter _output;

    private StorageCommand(CommandRun run, IReadOnlyList<ISchemaPart> parts)
    {
        _parts = parts;
        _configuration = run.Configuration;
        _options = run.Configuration.GetSection(StorageOptions.SectionName).Get<StorageOptions>() ?? new StorageOptions();
        _contentRoot = run.ContentRoot;
        _time = run.Time;
        _output = run.Output;
    }

    /// <summary>Makes the command <c>storage</c>.</summary>
    /// <param name="dispatcher">What runs it.</param>
    /// <param name="parts">Who brings tables of their own.</param>
    /// <param name="others">Commands of others that people look for here.</param>
    public static Command Create(CommandDispatcher dispatcher, IReadOnlyList<ISchemaPart> parts, params IReadOnlyList<Command> others)
    {
        var file = CommandDispatcher.TextOption("--to", "FILE", "the new file; none is overwritten");
        file.Required = true;
        var target = CommandDispatcher.TextOption(
            "--to", "CONNECTION-STRING", $"the PostgreSQL database: an empty one, or an earlier copy from which nobody has served. {PasswordRule}");
        var undoMove = new Option<bool>("--undo-move") { Description = "removes the mark instead. Drop the copy before" };
        var copy = Create(
            dispatcher,
            parts,
            "copy",
            $"Moves a stopped authority from SQLite to PostgreSQL: copies, compares, and marks the SQLite database as moved. {Database}",
            [target, undoMove],
            (parsed, command) => parsed.GetValue(target) is { } to ? command.CopyAsync(to) : command.UndoMoveAsync());
        copy.Validators.Add(given =>
        {
            if (given.GetResult(target) is null == given.GetResult(undoMove) is null)
            {
                given.AddError("\"storage copy\" needs one of: --to, --undo-move.");
            }
        });
        var storage = new Command("storage", "Migrates, backs up, moves or restores the database.")
        {
            Create(
                dispatcher,
                parts,
                "migrate",
                $"Brings the database to this program's schema, for a service whose own role may not change it. {Database} {PasswordRule}",
                [],
                static (_, command) => command.MigrateAsync()),
            Create(
                dispatcher,
                parts,
                "backup",
                $"Copies the SQLite database to a new file and checks the copy; the service may run meanwhile. {Database}",
                [file],
                (parsed, command) => command.BackupAsync(parsed.GetValue(file)!)),
            copy,
        };
        foreach (var other in others)
        {
            storage.Subcommands.Add(other);
        }

        return storage;
    }

    private static Command Create(
        CommandDispatcher dispatcher,
        IReadOnlyList<ISchemaPart> parts,
        string name,
        string description,
        IReadOnlyList<Option> options,
        Func<ParseResult, StorageCommand, Task> run) =>
        dispatcher.Create(name, description, options, Settings, async (parsed, given) =>
        {
            try
            {
                await run(parsed, new StorageCommand(given, parts));
            }
            catch (StoreBusyException exception)
            {
                throw new StorageException(exception.Message, exception);
            }
        });

    private async Task MigrateAsync()
    {
        var dialect = StorageServices.ChosenDialect(_configuration);
        string database;
        if (dialect == SqlDialect.Postgres)
        {
            using var connections = PostgresConnections.From(_options);
            database = connections.Name;
            await using var migrated = await PostgresDatabase.OpenAsync(_options, _time, _parts);
        }
        else
        {
            await using var migrated = SqliteDatabase.Open(_options, _contentRoot, _time);
            database = migrated.Path;
        }

        await _output.WriteLineAsync($"{database} has the schema of this program, {Migrations.Embedded(dialect)[^1]}.");
    }

    private async Task BackupAsync(string file)
    {
        if (StorageServices.ChosenDialect(_configuration) != SqlDialect.Sqlite)
        {
            throw new StorageException(
                "\"storage backup\" copies an SQLite file, and Storage:Provider is 'Postgres': use PostgreSQL's own tools, such as pg_dump --format=custom (docs/operations.md).");
        }

        // What a person types starts where the person is.
        var backup = SqliteBackup.Make(SqliteConnections.From(_options, _contentRoot), Path.GetFullPath(file));
        await _output.WriteLineAsync($"Backed up {backup.Source} to {backup.Path}, and checked: {backup.LastMigration}, {Rows(backup.Tables)}.");
        await _output.WriteLineAsync("Keep it apart from the keys directory, and back up that one too. Before a service starts on a restored backup: docs/operations.md, \"Backup\".");
    }

    private async Task CopyAsync(string connectionString)
    {
        RequireSqlite();
        using var connections = PostgresConnections.From(connectionString, ToOption);
        using var source = SqliteCopySource.Open(SqliteConnections.From(_options, _contentRoot));
        var tables = await new AuthorityCopy(source, connections, _parts, _time).RunAsync();
        await _output.WriteLineAsync($"Copied {source.Path} to the {connections.Name}, and compared: {Rows(tables)}.");
        await _output.WriteLineAsync("The SQLite database is marked as moved: no service starts on it again. Start the service with Storage:Provider=Postgres, this connection string and the same keys.");
    }

    private async Task UndoMoveAsync()
    {
        RequireSqlite();
        using var source = SqliteCopySource.Open(SqliteConnections.From(_options, _contentRoot));
        if ((await source.GetRecordAsync()).MovedTo is not { } movedTo)
        {
            throw new StorageException($"{source.Path} is not marked as moved: there is nothing to undo.");
        }

        await source.MarkMovedAsync(null, null);
        await _output.WriteLineAsync($"{source.Path} is live again. Nobody may ever serve from the {movedTo}: drop it if you have not.");
    }

    private void RequireSqlite()
    {
        if (StorageServices.ChosenDialect(_configuration) != SqlDialect.Sqlite)
        {
            throw new StorageException(
                "\"storage copy\" copies from SQLite to PostgreSQL, and Storage:Provider is 'Postgres': set it and Storage:ConnectionString to the SQLite database that is to move.");
        }
    }

    private static string Rows(IReadOnlyList<(string Table, long Rows)> tables) =>
        string.Join(", ", tables.Where(static table => table.Rows > 0).Select(static table => $"{table.Rows} {table.Table}")) is { Length: > 0 } rows ? rows : "no rows";
}
