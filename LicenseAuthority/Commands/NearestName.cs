namespace LicenseAuthority.Commands;

/// <summary>Finds what somebody most likely meant.</summary>
internal static class NearestName
{
    /// <summary>The known name that takes the fewest changes of a character (Levenshtein), whatever the case; the first of several.</summary>
    public static string Of(string text, IEnumerable<string> known) => known.MinBy(name => Distance(text.ToUpperInvariant(), name.ToUpperInvariant()))!;

    /// <summary>The nearest name, if it is near enough to be what was meant: at most a third of its characters differ. Null: nothing is.</summary>
    public static string? FindClose(string text, IEnumerable<string> known)
    {
        // Far longer than any name, and so near none: the distance takes time with the length.
        var near = known.Where(name => text.Length <= 2 * name.Length).ToList();
        return near.Count > 0 && Of(text, near) is var name && Distance(text.ToUpperInvariant(), name.ToUpperInvariant()) <= Math.Max(1, name.Length / 3) ? name : null;
    }

    private static int Distance(string from, string to)
    {
        // The distances of one prefix of "from" to all prefixes of "to".
        var distances = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = distances[0];
            distances[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = distances[j];
                distances[j] = Math.Min(replaced, 1 + Math.Min(distances[j], distances[j - 1]));
            }
        }

        return distances[to.Length];
    }
}
