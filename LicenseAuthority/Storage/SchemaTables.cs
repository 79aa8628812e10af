using System.Text.RegularExpressions;

namespace LicenseAuthority.Storage;

/// <summary>
/// Which tables migrations make, read from their text: whoever walks over all tables walks over this list, and a new migration cannot be forgotten there.
/// </summary>
internal static partial class SchemaTables
{
    /// <summary>The names, in the order in which they were made: a table comes after those that it refers to.</summary>
    public static IReadOnlyList<string> After(IEnumerable<Migration> migrations)
    {
        var tables = new List<string>();
        foreach (Match change in migrations.SelectMany(static migration => Change().Matches(migration.Sql)))
        {
            if (change.Groups["made"] is { Success: true } made)
            {
                tables.Add(made.Value);
            }
            else if (change.Groups["dropped"] is { Success: true } dropped)
            {
                tables.Remove(dropped.Value);
            }
            else if (tables.IndexOf(change.Groups["old"].Value) is >= 0 and var at)
            {
                tables[at] = change.Groups["new"].Value;
            }
        }

        return tables;
    }

    /// <summary>The tables of <see cref="After"/> into which migrations themselves write rows: these are not empty in a new database.</summary>
    public static IReadOnlySet<string> Filled(IEnumerable<Migration> migrations) => migrations
        .SelectMany(static migration => Insert().Matches(migration.Sql))
        .Select(static match => match.Groups[1].Value)
        .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex(
        @"(?:^|;)\s*(?:CREATE TABLE (?:IF NOT EXISTS )?(?<made>\w+)|DROP TABLE (?:IF EXISTS )?(?<dropped>\w+)|ALTER TABLE (?<old>\w+) RENAME TO (?<new>\w+))",
        RegexOptions.Multiline)]
    private static partial Regex Change();

    [GeneratedRegex(@"(?:^|;)\s*INSERT INTO (\w+)", RegexOptions.Multiline)]
    private static partial Regex Insert();
}
