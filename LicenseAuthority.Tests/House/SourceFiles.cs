using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.House;

/// <summary>The C# files of the repository, without what a build makes.</summary>
internal static class SourceFiles
{
    public static string[] In(params string[] folder)
    {
        var root = Repository.PathTo(folder);
        string[] made = ["bin", "obj", "artifacts"];
        var files = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar).Any(made.Contains))
            .ToArray();
        Assert.That(files, Is.Not.Empty, root);
        return files;
    }
}
