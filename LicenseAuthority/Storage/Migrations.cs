using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Storage;

/// <summary>
/// Brings a database to the schema of this program: forward only, in order, each step in a transaction of its own together with its
/// record in <c>schema_migrations</c>. Everything is checked before the first step runs, so a refusal changes nothing.
/// The caller holds the lock of the database.
/// </summary>
internal static partial class Migrations
{
    private const string ResourcePrefix = "LicenseAuthority.Storage.Migrations.Sqlite.";

    private const string CreateRecord = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          number     INTEGER NOT NULL PRIMARY KEY,
          name       TEXT    NOT NULL,
          sha256     TEXT    NOT NULL,
          applied_at INTEGER NOT NULL
        ) STRICT
        """;

    private const string RecordExists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";

    private const string SelectApplied = "SELECT number, name, sha256 FROM schema_migrations ORDER BY number";

    private const string InsertApplied = "INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES (@number, @name, @sha256, @applied_at)";

    /// <summary>The steps that this program carries, from <c>Storage/Migrations/Sqlite/0001_name.sql</c> on.</summary>
    public static IReadOnlyList<Migration> Embedded()
    {
        var assembly = typeof(Migrations).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name))
            .OrderBy(static migration => migration.Number)
            .ToArray();
    }

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="StorageException">The steps or the database do not fit; the message names the step. Nothing of that step is stored.</exception>
    public static void Apply(SqliteWriteConnection connection, IReadOnlyList<Migration> migrations, TimeProvider time)
    {
        CheckNumbers(migrations);
        var session = connection.Session;
        var recorded = session.Prepared(RecordExists).QuerySingleOrDefault(static row => row.GetInt64(0)) == 1;
        var applied = recorded
            ? session.Prepared(SelectApplied).Query(static row => (Number: row.GetInt32(0), Name: row.GetString(1), Sha256: row.GetString(2)))
            : [];
        for (var i = 0; i < applied.Count; i++)
        {
            CheckApplied(applied[i], i + 1, migrations);
        }

        foreach (var migration in migrations.Skip(applied.Count))
        {
            try
            {
                connection.Begin();
                session.Prepared(CreateRecord).Execute();
                Execute(session.Connection, migration.Sql);
                if (!connection.InTransaction)
                {
                    throw new InvalidOperationException("The script ended its transaction; it must contain no COMMIT or ROLLBACK.");
                }

                session.Prepared(InsertApplied)
                    .Bind(migration.Number, migration.Name, migration.Sha256, time.GetUtcNow().ToUnixTimeMilliseconds())
                    .Execute();
                connection.Commit();
            }
            catch (Exception exception)
            {
                connection.RollBack();
                throw new StorageException(
                    $"Migration {migration} failed ({exception.Message}). The database is as it was before this step.", exception);
            }
        }
    }

    private static void CheckNumbers(IReadOnlyList<Migration> migrations)
    {
        for (var i = 0; i < migrations.Count; i++)
        {
            if (migrations[i].Number != i + 1)
            {
                throw new StorageException(
                    $"Migration {migrations[i]} stands where number {i + 1:0000} belongs: numbers rise by one from 0001, without gaps or duplicates.");
            }
        }
    }

    private static void CheckApplied((int Number, string Name, string Sha256) applied, int expected, IReadOnlyList<Migration> migrations)
    {
        var name = $"{applied.Number:0000}_{applied.Name}";
        if (applied.Number != expected)
        {
            throw new StorageException(
                $"The database records migration {name} where number {expected:0000} belongs: it was changed by hand. Restore a backup.");
        }

        if (applied.Number > migrations.Count)
        {
            throw new StorageException(
                $"The database is newer than this program: it has migration {name}, the program knows {migrations.Count}. Start the newer version, or restore a backup made before it.");
        }

        var known = migrations[applied.Number - 1];
        if (!string.Equals(known.Sha256, applied.Sha256, StringComparison.Ordinal))
        {
            throw new StorageException(
                $"Migration {name} was applied with another text than that of {known} in this program: a released migration must never change. Use the version that made the database, or restore a backup.");
        }
    }

    // Through the driver, which walks from statement to statement; scripts have many.
    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        var match = FileName().Match(resource[ResourcePrefix.Length..]);
        if (!match.Success)
        {
            throw new StorageException($"'{resource}' is no name of a migration: it must be like 0001_name.sql.");
        }

        using var stream = assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return new Migration(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), match.Groups[2].Value, reader.ReadToEnd());
    }

    [GeneratedRegex("^([0-9]{4})_([a-z0-9_-]+)\\.sql$")]
    private static partial Regex FileName();
}
