using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>
/// Which folder of the service refers to which: by its <c>using</c> lines, and by the names of folders with which types are written in the code, such as
/// <c>LicenseAuthority.Licensing.License</c> or <c>Licensing.License</c>. The client is a node too, since folders use it. Comments do not count.
/// Each folder below <c>Marketplaces</c> is a door of its own, and a node: <c>Marketplaces/KooGallery</c>.
/// </summary>
internal sealed partial class FolderGraph
{
    /// <summary>The area below which each folder is a node.</summary>
    public const string AreaOfDoors = "Marketplaces";

    private readonly SortedDictionary<string, SortedDictionary<string, SortedSet<string>>> _files;

    private FolderGraph(SortedDictionary<string, SortedDictionary<string, SortedSet<string>>> files) => _files = files;

    /// <summary>A line for each folder, <c>Codes -> Client, Keys, Licensing</c>, as docs/architecture.md has them.</summary>
    public IEnumerable<string> Lines => _files.Select(from => $"{from.Key} -> {string.Join(", ", from.Value.Keys)}".TrimEnd());

    public IEnumerable<(string From, string To)> Arrows => _files.SelectMany(from => from.Value.Keys.Select(to => (from.Key, to)));

    /// <summary>The folders of the service as they are.</summary>
    public static FolderGraph OfTheService()
    {
        var root = Repository.PathTo("LicenseAuthority");
        var files = SourceFiles.In("LicenseAuthority").Select(path => (Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllText(path)));
        return Of(files.Where(file => file.Item1.Contains('/', StringComparison.Ordinal)));
    }

    /// <summary>The graph of these files, each with its path below the service's root.</summary>
    public static FolderGraph Of(IEnumerable<(string Path, string Text)> files)
    {
        var all = files.Select(file => (file.Path, file.Text, Folder: FolderOf(file.Path))).ToList();
        var folders = all.Select(file => file.Folder).Append("Client").ToHashSet(StringComparer.Ordinal);
        var graph = new SortedDictionary<string, SortedDictionary<string, SortedSet<string>>>(StringComparer.Ordinal);
        foreach (var (path, text, folder) in all)
        {
            var targets = graph.TryGetValue(folder, out var known) ? known : graph[folder] = new(StringComparer.Ordinal);
            foreach (var target in NamesIn(text, folders).Concat(AreaOf(folder, folders)).Where(name => name != folder))
            {
                (targets.TryGetValue(target, out var from) ? from : targets[target] = new(StringComparer.Ordinal)).Add(path);
            }
        }

        return new FolderGraph(graph);
    }

    /// <summary>The folders that a text names, itself included.</summary>
    public static IEnumerable<string> NamesIn(string text, IReadOnlySet<string> folders) =>
        from line in text.Split('\n').Select(line => line.Trim())
        where !line.StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("namespace ", StringComparison.Ordinal)
        from match in QualifiedName().Matches(line)
        let name = match.Groups["folder"].Value.Replace('.', '/')
        let node = NodeOf(name, folders)
        where node is not null
        select node;

    /// <summary>The files because of which one folder refers to another.</summary>
    public IEnumerable<string> FilesBehind(string from, string to) => _files[from][to];

    /// <summary>The shortest circle, as <c>A -> B -> A</c>; null when there is none.</summary>
    public string? FindCircle()
    {
        var next = Arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        var shortest = _files.Keys.Select(start => PathBack(start, next)).OfType<List<string>>().MinBy(path => path.Count);
        return shortest is null ? null : string.Join(" -> ", shortest);
    }

    private static string FolderOf(string path) =>
        path.Split('/') is [AreaOfDoors, var door, _, ..] ? $"{AreaOfDoors}/{door}" : path.Split('/')[0];

    // What stands in the area a door sees without a using line.
    private static IEnumerable<string> AreaOf(string folder, HashSet<string> folders) =>
        folder.StartsWith(AreaOfDoors + "/", StringComparison.Ordinal) && folders.Contains(AreaOfDoors) ? [AreaOfDoors] : [];

    // "Marketplaces/KooGallery" is a door; of "Licensing/License" the folder counts. Inside the area a door is named without it.
    private static string? NodeOf(string name, IReadOnlySet<string> folders)
    {
        var first = name.Split('/')[0];
        string[] candidates = [name, first, $"{AreaOfDoors}/{first}"];
        return candidates.FirstOrDefault(folders.Contains);
    }

    // Breadth first, so the first way back is the shortest.
    private static List<string>? PathBack(string start, ILookup<string, string> next)
    {
        var paths = new Queue<List<string>>([[start]]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (paths.TryDequeue(out var path))
        {
            foreach (var folder in next[path[^1]])
            {
                if (folder == start)
                {
                    return [.. path, start];
                }

                if (seen.Add(folder))
                {
                    paths.Enqueue([.. path, folder]);
                }
            }
        }

        return null;
    }

    // "Keys.Passphrase" in a text for people is a name too; nobody has missed it yet.
    [GeneratedRegex(@"(?:\bLicenseAuthority\.|(?<![\w.""/]))(?<folder>[A-Z]\w*(?:\.[A-Z]\w*)?)(?=[.;])")]
    private static partial Regex QualifiedName();
}
