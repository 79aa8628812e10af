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

    private PostgresSql(string text, string? insertOfRows, string? updateOfRows, int parameterCount)
    {
        Text = text;
        InsertOfRows = insertOfRows;
        UpdateOfRows = updateOfRows;
        ParameterCount = parameterCount;
    }

    public string Text { get; }

    /// <summary>The same for any number of rows, with an array for each parameter; null when the statement is not the insert of a row.</summary>
    public string? InsertOfRows { get; }

    /// <summary>
    /// The same for any number of rows, with an array for each parameter; returns the positions of those that it changed, from 1. Null when the statement is not
    /// an update that asks for a version: of several that would change one row one counts, whichever, as it would if they came one by one.
    /// </summary>
    public string? UpdateOfRows { get; }

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
        return new PostgresSql(translated, ToInsertOfRows(text, names), ToUpdateOfRows(text, names), names.Count);
    });

    private static string? ToInsertOfRows(string sql, List<string> names) => Insert().Match(sql) is { Success: true } insert && names.Count > 0
        ? $"{insert.Groups["into"].Value} SELECT {OfGiven(insert.Groups["values"].Value, names)} FROM unnest({Arrays(names)}) AS given ({Columns(names)}){insert.Groups["otherwise"].Value}"
        : null;

    private static string? ToUpdateOfRows(string sql, List<string> names) => Update().Match(sql) is { Success: true } update && names.Count > 0
        ? $"{OfGiven(update.Groups["set"].Value, names)} FROM unnest({Arrays(names)}) WITH ORDINALITY AS given ({Columns(names)}, position) {OfGiven(update.Groups["where"].Value, names)} RETURNING given.position"
        : null;

    private static string Arrays(List<string> names) => string.Join(", ", names.Select(static (_, position) => $"${position + 1}"));

    private static string Columns(List<string> names) => string.Join(", ", names.Select(static (_, position) => $"p{position + 1}"));

    private static string OfGiven(string sql, List<string> names) => Parameter().Replace(sql, match => $"given.p{names.IndexOf(match.Value) + 1}");

    [GeneratedRegex("@[A-Za-z0-9_]+")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^(?<into>INSERT INTO \w+ \([^()@]+\))\s+VALUES \((?<values>[^()]+)\)(?<otherwise>\s+ON CONFLICT[^@]* DO NOTHING)?$")]
    private static partial Regex Insert();

    [GeneratedRegex(@"^(?<set>UPDATE \w+ SET [^()]+?) (?<where>WHERE [^()]+ AND version = @\w+)$")]
    private static partial Regex Update();
}
