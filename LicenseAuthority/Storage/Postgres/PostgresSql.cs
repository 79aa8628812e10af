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

    private PostgresSql(string text, int parameterCount)
    {
        Text = text;
        ParameterCount = parameterCount;
    }

    public string Text { get; }

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
        return new PostgresSql(translated, names.Count);
    });

    [GeneratedRegex("@[a-z0-9_]+")]
    private static partial Regex Parameter();
}
