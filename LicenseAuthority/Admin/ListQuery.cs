using System.Globalization;
using LicenseAuthority.Licensing.MarketplaceCodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>
/// Reads the query of a list, one check after the other; the first that fails is kept. A parameter that the list does not know is a mistake, as an
/// ignored filter would show more than was asked for.
/// </summary>
internal sealed class ListQuery
{
    public const int LargestPage = 200;

    private const int DefaultPage = 50;
    private const int LongestValue = 200;

    private readonly IQueryCollection _query;
    private readonly string _path;

    public ListQuery(HttpRequest request, params string[] known)
    {
        _query = request.Query;
        _path = request.Path;
        foreach (var name in _query.Keys)
        {
            if (name is not ("limit" or "cursor") && !known.Contains(name, StringComparer.Ordinal))
            {
                Fail($"The parameter '{name}' is unknown here. Known are: {string.Join(", ", [.. known, "limit", "cursor"])}.");
            }
        }

        Limit = ReadLimit();
    }

    /// <summary>What is wrong, naming the parameter and the remedy; null = nothing so far.</summary>
    public string? Problem { get; private set; }

    /// <summary>The answer to a query that has a <see cref="Problem"/>.</summary>
    public static ProblemHttpResult Refuse(string problem) => Problems.Create(StatusCodes.Status400BadRequest, "bad-query", problem);

    /// <summary>How many items a page has at most.</summary>
    public int Limit { get; }

    /// <summary>
    /// A text, or null when it is absent. An empty one is a mistake: a script whose variable is empty would get all there is, and take it for what it looked for.
    /// </summary>
    public string? Text(string name)
    {
        var values = _query[name];
        if (values.Count > 1)
        {
            Fail($"The parameter {name} comes more than once.");
        }

        var value = values.Count == 0 ? null : values[0] ?? "";
        if (value is { Length: 0 })
        {
            Fail($"The parameter {name} is empty. Give it a value, or leave it out.");
            return null;
        }

        if (value?.Length > LongestValue)
        {
            Fail($"The parameter {name} is longer than {LongestValue} characters.");
        }

        if (value?.Contains('\0', StringComparison.Ordinal) == true)
        {
            // Nothing stored has it, and PostgreSQL takes no text that has.
            Fail($"The parameter {name} holds the character U+0000.");
        }

        return value;
    }

    /// <summary>One of a few words, or null when it is absent.</summary>
    public T? Word<T>(string name, Func<T, string> toWord)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        foreach (var value in Enum.GetValues<T>())
        {
            if (toWord(value) == text)
            {
                return value;
            }
        }

        Fail($"The parameter {name} must be one of: {string.Join(", ", Enum.GetValues<T>().Select(toWord))}.");
        return null;
    }

    /// <summary>true or false; absent = false.</summary>
    public bool Flag(string name)
    {
        var text = Text(name);
        if (text is not (null or "true" or "false"))
        {
            Fail($"The parameter {name} must be true or false.");
        }

        return text == "true";
    }

    /// <summary>An instant in RFC 3339, or null when it is absent.</summary>
    public DateTimeOffset? Instant(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        // A "+" of an offset that was not encoded arrives as a blank.
        if (DateTimeOffset.TryParseExact(
            text.Replace(' ', '+'), ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
        {
            return instant;
        }

        Fail($"The parameter {name} must be an instant such as 2027-11-24T00:00:00Z.");
        return null;
    }

    /// <summary>A marketplace code, white space around it left out; null when it is absent. What is wrong does not say which one it was.</summary>
    public MarketplaceCode? MarketplaceCode(string name)
    {
        if (Text(name)?.Trim() is not { } text)
        {
            return null;
        }

        var code = Licensing.MarketplaceCodes.MarketplaceCode.Read(text);
        if (code is null)
        {
            Fail($"The parameter {name} must be a whole code as the marketplace shows it: 1 to 64 letters, digits, '-' and '_'.");
        }

        return code;
    }

    /// <summary>The position that the cursor holds; null = the first page.</summary>
    public string? Cursor()
    {
        if (Text("cursor") is not { } text)
        {
            return null;
        }

        if (PageCursor.TryRead(List(), text, out var position))
        {
            return position;
        }

        Fail("The parameter cursor was not made for this list with these filters. Leave it out to begin anew.");
        return null;
    }

    /// <summary>The position that the cursor holds, for lists that go by a number; <paramref name="start"/> = the first page.</summary>
    public long NumberCursor(long start)
    {
        if (Cursor() is not { } position)
        {
            return start;
        }

        if (!long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            FailCursor();
        }

        return number;
    }

    /// <summary>Makes the page of what was found.</summary>
    /// <param name="found">One more than <see cref="Limit"/>, if there is: that tells whether there is a next page.</param>
    /// <param name="positionOf">Where the next page begins after the last one shown.</param>
    /// <param name="show">Makes the item.</param>
    public Page<TItem> PageOf<TRecord, TItem>(IReadOnlyList<TRecord> found, Func<TRecord, string> positionOf, Func<TRecord, TItem> show)
    {
        var shown = found.Take(Limit).ToList();
        return new Page<TItem>([.. shown.Select(show)], found.Count > Limit ? PageCursor.Write(List(), positionOf(shown[^1])) : null);
    }

    /// <summary>The position in a cursor cannot be read.</summary>
    public void FailCursor() => Fail("The parameter cursor is damaged. Leave it out to begin anew.");

    // The list with its filters: a page may be made larger or smaller on the way.
    private string List() => _path + "?" + string.Join('&', _query
        .Where(parameter => parameter.Key is not ("cursor" or "limit"))
        .OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
        .Select(parameter => $"{parameter.Key}={parameter.Value}"));

    private int ReadLimit()
    {
        if (Text("limit") is not { } text)
        {
            return DefaultPage;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= LargestPage)
        {
            return limit;
        }

        Fail($"The parameter limit must be from 1 to {LargestPage}.");
        return DefaultPage;
    }

    private void Fail(string problem) => Problem ??= problem;
}
