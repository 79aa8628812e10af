using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// A statement as PostgreSQL takes it: the parameters that the SQL names (<c>@id</c>) as positions (<c>$1</c>), in the order in which they first stand in
/// it, just as SQLite numbers them.
/// </summary>
internal sealed partial class PostgresSql
{
    private static readonly ConcurrentDictionary<string, PostgresSql> Known = new(StringComparer.Ordinal);

    private PostgresSql(string text, string? insertOfRows, int parameterCount)
    {
        Text = text;
        InsertOfRows = insertOfRows;
        ParameterCount = parameterCount;
    }

    public string Text { get; }

    /// <summary>The same for any number of rows, with an array for each parameter; null when the statement is not the insert of a row.</summary>
    public string? InsertOfRows { get; }

    public int ParameterCount { get; }

    /// <summary>Translates once and remembers. The product's texts are constants, and few; no text in quotes has an <c>@</c>.</summary>
    public static PostgresSql Of(string sql) => Known.GetOrAdd(sql, static text =>
    {
        var names = new List<string>();
        var translated = Parameter().Replace(text, match =>
        {
            if (!names.Contains(match.Value))
            {
                names.Add(match.Value);
            }

            return $"${names.IndexOf(match.Value) + 1}";
        });
        return new PostgresSql(translated, ManyRows(text, names), names.Count);
    });

    private static string? ManyRows(string sql, List<string> names)
    {
        if (Insert().Match(sql) is not { Success: true } insert || names.Count == 0)
        {
            return null;
        }

        var arrays = string.Join(", ", names.Select(static (_, position) => $"${position + 1}"));
        var columns = string.Join(", ", names.Select(static (_, position) => $"p{position + 1}"));
        var values = Parameter().Replace(insert.Groups["values"].Value, match => $"given.p{names.IndexOf(match.Value) + 1}");
        return $"{insert.Groups["into"].Value} SELECT {values} FROM unnest({arrays}) AS given ({columns}){insert.Groups["otherwise"].Value}";
    }

    [GeneratedRegex("@[a-z0-9_]+")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^(?<into>INSERT INTO \w+ \([^()@]+\))\s+VALUES \((?<values>[^()]+)\)(?<otherwise>\s+ON CONFLICT[^@]* DO NOTHING)?$")]
    private static partial Regex Insert();
}
