namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>The words of the option <c>--database</c>.</summary>
internal static class DatabaseKinds
{
    /// <summary>Reads words with commas between; null when they cannot be understood.</summary>
    public static List<DatabaseKind>? Parse(string text)
    {
        var kinds = new List<DatabaseKind>();
        foreach (var word in text.Split(','))
        {
            if (!Enum.TryParse<DatabaseKind>(word, ignoreCase: true, out var kind) || !Enum.IsDefined(kind) || char.IsDigit(word[0]) || kinds.Contains(kind))
            {
                return null;
            }

            kinds.Add(kind);
        }

        return kinds;
    }
}
