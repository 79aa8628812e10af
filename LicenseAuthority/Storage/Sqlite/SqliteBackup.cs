using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Copies a database that a service may be writing to. The copy is one state of the database: everything runs inside one read transaction of a connection
/// that cannot write. A reader holds up no writer; only the write-ahead log grows meanwhile, by what is written in that time.
/// </summary>
/// <remarks>
/// All pages go in one step. In several steps SQLite lets go of the database between them and begins anew after every write of another process, so that a
/// backup of a busy service would never end.
/// </remarks>
internal sealed record SqliteBackup(string Source, string Path, string LastMigration, IReadOnlyList<(string Table, long Rows)> Tables)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes and checks a backup. The file appears under its name when all is done, and not before.</summary>
    /// <exception cref="StorageException">It cannot be made; nothing is left of it.</exception>
    public static SqliteBackup Make(SqliteConnections connections, string path)
    {
        if (!File.Exists(connections.Path))
        {
            throw new StorageException($"There is no database {connections.Path} (Storage:ConnectionString).");
        }

        var partial = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.partial";
        CreateFile(path, partial);
        try
        {
            var backup = Copy(connections, path, partial);
            Rename(partial, path);
            return backup;
        }
        catch (SqliteException exception) when (SqliteConnections.IsBusy(exception))
        {
            throw connections.Busy(exception);
        }
        catch (SqliteException exception)
        {
            throw new StorageException($"{connections.Path} cannot be backed up to {path} ({exception.Message}).", exception);
        }
        finally
        {
            foreach (var left in (string[])["", "-journal", "-wal", "-shm"])
            {
                File.Delete(partial + left);
            }
        }
    }

    private static SqliteBackup Copy(SqliteConnections connections, string path, string partial)
    {
        using var source = connections.OpenReader();
        using var snapshot = source.BeginTransaction(deferred: true);
        var expected = CountRows(source);
        if (!expected.Any(static table => table.Table == "schema_migrations"))
        {
            throw new StorageException($"{connections.Path} is no license database: it records no migrations.");
        }

        using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = partial, Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString());
        copy.Open();
        source.BackupDatabase(copy);

        // A file on its own, that no log belongs to. A service turns the log on again.
        Scalar(copy, "PRAGMA journal_mode=DELETE");
        Check(copy, expected, path);
        return new SqliteBackup(
            connections.Path,
            path,
            (string)Scalar(copy, "SELECT printf('%04d_%s', number, name) FROM schema_migrations ORDER BY number DESC LIMIT 1")!,
            [.. expected.Where(static table => table.Table != "schema_migrations")]);
    }

    private static void Check(SqliteConnection copy, List<(string Table, long Rows)> expected, string path)
    {
        if (Scalar(copy, "PRAGMA integrity_check(1)") is not "ok" and var fault)
        {
            throw new StorageException($"The copy is damaged, and so may be the database ({fault}): check it with PRAGMA integrity_check. {path} was not made.");
        }

        if (Scalar(copy, "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1") is string table)
        {
            throw new StorageException($"In the copy, and so in the database, a row of the table '{table}' refers to one that is not there. {path} was not made.");
        }

        if (!CountRows(copy).SequenceEqual(expected))
        {
            throw new StorageException($"The copy does not have the rows of the database. {path} was not made.");
        }
    }

    private static List<(string Table, long Rows)> CountRows(SqliteConnection connection)
    {
        var tables = new List<string>();
        using (var select = Command(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"))
        {
            using var reader = select.ExecuteReader();
            while (reader.Read())
            {
                tables.Add(reader.GetString(0));
            }
        }

        return tables.ConvertAll(table => (table, (long)Scalar(connection, $"SELECT count(*) FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")!));
    }

    private static void CreateFile(string path, string partial)
    {
        if (File.Exists(path) || Directory.Exists(path))
        {
            throw AlreadyThere(path);
        }

        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Private;
            }

            new FileStream(partial, options).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{path} cannot be written ({exception.Message}): name a file in a folder that is there and that you may write.", exception);
        }
    }

    private static void Rename(string partial, string path)
    {
        try
        {
            File.Move(partial, path, overwrite: false);
        }
        catch (IOException exception)
        {
            throw File.Exists(path) ? AlreadyThere(path) : new StorageException($"{path} cannot be written ({exception.Message}).", exception);
        }
    }

    private static StorageException AlreadyThere(string path) => new($"{path} is there already, and no backup is overwritten: name a new file.");

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        return command.ExecuteScalar();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names in it come from the database's own schema, in quotes.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
