namespace LicenseAuthority.Client.Keeping;

/// <summary>Paths as they may stand in a ticket or a log: without the names of people, which those of their home folders are.</summary>
internal static class ShownPath
{
    private static readonly char[] Separators = ['/', '\\'];

    public static string Of(string path) => Of(path, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>With <c>~</c> for the home folder, and for the name in that of somebody else.</summary>
    internal static string Of(string path, string home)
    {
        if (home.Length > 1 && path.StartsWith(home, StringComparison.Ordinal) && (path.Length == home.Length || Separators.Contains(path[home.Length])))
        {
            return $"~{path.Substring(home.Length)}";
        }

        foreach (var parent in (string[])["/home/", "/Users/", @"\Users\", @"\Documents and Settings\"])
        {
            var name = path.IndexOf(parent, StringComparison.OrdinalIgnoreCase) + parent.Length;
            if (name >= parent.Length)
            {
                var end = path.IndexOfAny(Separators, name);
                return $"{path.Substring(0, name)}~{(end < 0 ? "" : path.Substring(end))}";
            }
        }

        return path;
    }
}
