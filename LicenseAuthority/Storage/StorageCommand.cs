using LicenseAuthority.Licensing;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Storage;

/// <summary>
/// The commands <c>storage migrate</c>, <c>storage backup</c>, <c>storage copy</c> and <c>storage restored</c>. None prints a secret nor repeats an argument that is not
/// understood, which may be one.
/// </summary>
internal sealed class StorageCommand(
    IConfiguration configuration, string contentRoot, TimeProvider time, TextWriter output, TextWriter error)
{
    /// <summary>The first argument that leads here.</summary>
    public const string Name = "storage";

    private const string ToOption = "The connection string of --to";

    private const string Usage = """
        Usage: LicenseAuthority storage migrate
               LicenseAuthority storage backup --to FILE
               LicenseAuthority storage copy --to CONNECTION-STRING
               LicenseAuthority storage copy --undo-move
               LicenseAuthority storage restored

        migrate   brings the database to this program's schema, for a service whose own role may not change it.
        backup    copies the SQLite database to a new file and checks the copy; the service may run meanwhile.
        copy      moves a stopped authority from SQLite to PostgreSQL: copies, compares, and marks the SQLite database as moved.
          --to CONNECTION-STRING   the PostgreSQL database: an empty one, or an earlier copy from which nobody has served
          --undo-move              removes the mark. Drop the copy before
        restored  says that the next start is meant to find another database than the one that the mark beside the keys speaks of, or none

        The database is the one of the settings Storage:Provider and Storage:ConnectionString; --Storage:Provider=… and --Storage:ConnectionString=…
        go over them. Arguments can be seen by others on this machine: give the password in the environment variable PGPASSWORD or in a file (PGPASSFILE).
        """;

    private readonly StorageOptions _options = configuration.GetSection(StorageOptions.SectionName).Get<StorageOptions>() ?? new StorageOptions();

    /// <summary>Runs the command; the exit code is 0, or 1 with the reason on <c>error</c>.</summary>
    /// <param name="arguments">Null: they were not understood.</param>
    public async Task<int> RunAsync(StorageArguments? arguments)
    {
        if (arguments is null)
        {
            await error.WriteLineAsync(Usage);
            return 1;
        }

        try
        {
            switch (arguments.Subcommand)
            {
                case StorageArguments.Migrate:
                    await MigrateAsync();
                    break;
                case StorageArguments.Backup:
                    await BackupAsync(arguments.To!);
                    break;
                case StorageArguments.Restored:
                    await StorageRestored.RunAsync(AuthorityMark.From(configuration, contentRoot), time, output);
                    break;
                case StorageArguments.Copy when arguments.UndoMove:
                    await UndoMoveAsync();
                    break;
                case StorageArguments.Copy:
                    await CopyAsync(arguments.To!);
                    break;
                default:
                    await output.WriteLineAsync(Usage);
                    break;
            }

            return 0;
        }
        catch (Exception exception) when (exception is StorageException or ConfigurationException or StoreBusyException)
        {
            await error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private async Task MigrateAsync()
    {
        var dialect = StorageServices.ChosenDialect(configuration);
        string database;
        if (dialect == SqlDialect.Postgres)
        {
            using var connections = PostgresConnections.From(_options);
            database = connections.Name;
            await using var migrated = PostgresDatabase.Open(_options, time, SchedulerTables.CreateMissing);
        }
        else
        {
            await using var migrated = SqliteDatabase.Open(_options, contentRoot, time);
            database = migrated.Path;
        }

        await output.WriteLineAsync($"{database} has the schema of this program, {Migrations.Embedded(dialect)[^1]}.");
    }

    private async Task BackupAsync(string file)
    {
        if (StorageServices.ChosenDialect(configuration) != SqlDialect.Sqlite)
        {
            throw new StorageException(
                "\"storage backup\" copies an SQLite file, and Storage:Provider is 'Postgres': use PostgreSQL's own tools, such as pg_dump --format=custom (docs/operations.md).");
        }

        // What a person types starts where the person is.
        var backup = SqliteBackup.Make(SqliteConnections.From(_options, contentRoot), Path.GetFullPath(file));
        await output.WriteLineAsync($"Backed up {backup.Source} to {backup.Path}, and checked: {backup.LastMigration}, {Rows(backup.Tables)}.");
        await output.WriteLineAsync("Keep it apart from the keys directory, and back up that one too. Before a service starts on a restored backup: docs/operations.md, \"Backup\".");
    }

    private async Task CopyAsync(string connectionString)
    {
        RequireSqlite();
        using var connections = PostgresConnections.From(connectionString, ToOption);
        using var source = SqliteCopySource.Open(SqliteConnections.From(_options, contentRoot));
        var tables = await new AuthorityCopy(source, connections, time).RunAsync();
        await output.WriteLineAsync($"Copied {source.Path} to the {connections.Name}, and compared: {Rows(tables)}.");
        await output.WriteLineAsync("The SQLite database is marked as moved: no service starts on it again. Start the service with Storage:Provider=Postgres, this connection string and the same keys.");
    }

    private async Task UndoMoveAsync()
    {
        RequireSqlite();
        using var source = SqliteCopySource.Open(SqliteConnections.From(_options, contentRoot));
        if ((await source.GetRecordAsync()).MovedTo is not { } movedTo)
        {
            throw new StorageException($"{source.Path} is not marked as moved: there is nothing to undo.");
        }

        await source.MarkMovedAsync(null, null);
        await output.WriteLineAsync($"{source.Path} is live again. Nobody may ever serve from the {movedTo}: drop it if you have not.");
    }

    private void RequireSqlite()
    {
        if (StorageServices.ChosenDialect(configuration) != SqlDialect.Sqlite)
        {
            throw new StorageException(
                "\"storage copy\" copies from SQLite to PostgreSQL, and Storage:Provider is 'Postgres': set it and Storage:ConnectionString to the SQLite database that is to move.");
        }
    }

    private static string Rows(IReadOnlyList<(string Table, long Rows)> tables) =>
        string.Join(", ", tables.Where(static table => table.Rows > 0).Select(static table => $"{table.Rows} {table.Table}")) is { Length: > 0 } rows ? rows : "no rows";
}
