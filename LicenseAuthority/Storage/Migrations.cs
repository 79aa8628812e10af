using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace LicenseAuthority.Storage;

/// <summary>
/// Brings a database to the schema of this program: forward only, in order, each step in a transaction of its own together with its
/// record in <c>schema_migrations</c>. Everything is checked before the first step runs, so a refusal changes nothing.
/// The caller holds the lock of the database.
/// </summary>
internal static partial class Migrations
{
    private const string ResourcePrefix = "LicenseAuthority.Storage.Migrations.";

    /// <summary>The steps that this program carries, from <c>Storage/Migrations/Sqlite/0001_name.sql</c> on; the same numbers for every database.</summary>
    public static IReadOnlyList<Migration> Embedded(SqlDialect dialect)
    {
        var assembly = typeof(Migrations).Assembly;
        var prefix = $"{ResourcePrefix}{dialect.Name}.";
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, name[prefix.Length..]))
            .OrderBy(static migration => migration.Number)
            .ToArray();
    }

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="StorageException">The steps or the database do not fit; the message names the step. Nothing of that step is stored.</exception>
    public static void Apply(IMigrationTarget target, IReadOnlyList<Migration> migrations, TimeProvider time)
    {
        foreach (var migration in migrations.Skip(Check(target, migrations)))
        {
            try
            {
                target.Apply(migration, time.GetUtcNow());
            }
            catch (Exception exception)
            {
                throw new StorageException(
                    $"Migration {migration} failed ({exception.Message}). The database is as it was before this step.", exception);
            }
        }
    }

    /// <summary>Checks that the database fits these steps, and changes nothing; returns how many of them it has.</summary>
    /// <exception cref="StorageException">It does not fit: it is newer, was changed by hand, or is another program's.</exception>
    public static int Check(IMigrationTarget target, IReadOnlyList<Migration> migrations)
    {
        CheckNumbers(migrations);
        var applied = target.ReadApplied();
        for (var i = 0; i < applied.Count; i++)
        {
            CheckApplied(applied[i], i + 1, migrations);
        }

        CheckTables(target.ReadTables(), applied.Count, migrations);
        return applied.Count;
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

    private static void CheckApplied(AppliedMigration applied, int expected, IReadOnlyList<Migration> migrations)
    {
        if (applied.Number != expected)
        {
            throw new StorageException(
                $"The database records migration {applied} where number {expected:0000} belongs: it was changed by hand. Restore a backup.");
        }

        if (applied.Number > migrations.Count)
        {
            throw new StorageException(
                $"The database is newer than this program: it has migration {applied}, the program knows {migrations.Count}. Start the newer version, or restore a backup made before it.");
        }

        var known = migrations[applied.Number - 1];
        if (!string.Equals(known.Sha256, applied.Sha256, StringComparison.Ordinal))
        {
            throw new StorageException(
                $"Migration {applied} was applied with another text than that of {known} in this program: a released migration must never change. Use the version that made the database, or restore a backup.");
        }
    }

    // A step and its record are stored together or not at all. Where one is there without the other, somebody else was at work.
    private static void CheckTables(IReadOnlySet<string> existing, int applied, IReadOnlyList<Migration> migrations)
    {
        var recorded = SchemaTables.After(migrations.Take(applied));
        if (recorded.FirstOrDefault(table => !existing.Contains(table)) is { } missing)
        {
            throw new StorageException(
                $"The database records {applied} migrations, but the table '{missing}' that they make is not there: it was changed by hand, or this user may not see it. Restore a backup.");
        }

        if (SchemaTables.After(migrations).Except(recorded).FirstOrDefault(existing.Contains) is { } unknown)
        {
            throw new StorageException(
                $"The database has a table '{unknown}' without the record of the migration that makes it: it belongs to another program, or was restored in part. Use an empty database, or restore a whole backup.");
        }
    }

    private static Migration Read(Assembly assembly, string resource, string fileName)
    {
        var match = FileName().Match(fileName);
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
