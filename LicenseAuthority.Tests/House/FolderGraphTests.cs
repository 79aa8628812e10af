using LicenseAuthority.Tests.Docs;

namespace LicenseAuthority.Tests.House;

/// <summary>The graph of the service's folders is the one in docs/architecture.md, and goes round in no circle.</summary>
internal sealed class FolderGraphTests
{
    private const string Page = "docs/architecture.md";

    private static readonly FolderGraph Service = FolderGraph.OfTheService();

    // What may refer to what is decided there, not by the next using line.
    [Test]
    public void Folders_ReferToEachOther_AsThePageSays()
    {
        var documented = MarkdownPage.Read(Page).Blocks.Single(block => block.Info == "folders").Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var known = documented.SelectMany(ArrowsOf).ToHashSet();
        var added = Service.Arrows.Where(arrow => !known.Contains(arrow))
            .Select(arrow => $"{arrow.From} -> {arrow.To} because of {string.Join(", ", Service.FilesBehind(arrow.From, arrow.To))}");

        Assert.That(
            Service.Lines,
            Is.EqualTo(documented),
            () => $"Move the code, or decide anew in the block \"folders\" of {Page}. New are:\n{string.Join('\n', added)}\n"
                + $"The block for the code as it is:\n{string.Join('\n', Service.Lines)}\n");
    }

    [Test]
    public void Folders_ReferToEachOther_InNoCircle() => Assert.That(Service.FindCircle(), Is.Null);

    // Another marketplace is a folder beside the one that there is: what all of them need, and other doors show or call, stands in the area, and in these two.
    [Test]
    public void DoorsOfMarketplaces_AreReferredToByNoFolder()
    {
        string[] forAll = ["Watch", "Usage"];
        Assert.That(
            Service.Arrows.Where(arrow => arrow.To.StartsWith(FolderGraph.AreaOfDoors + "/", StringComparison.Ordinal) && !forAll.Contains(arrow.To.Split('/')[1])),
            Is.Empty);
    }

    // What all folders may use stands beside them, at the root; it knows none of them, or every folder would. Five files put the folders together.
    [Test]
    public void FilesAtTheRoot_ReferToNoFolder()
    {
        string[] together = ["AuthorityHost.cs", "DevelopmentBanner.cs", "KnownSettings.cs", "Program.cs", "StartPage.cs"];
        var folders = Service.Lines.Select(line => line.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        var found = from path in SourceFiles.In("LicenseAuthority")
                    let file = Path.GetFileName(path)
                    where Path.GetFileName(Path.GetDirectoryName(path)) == "LicenseAuthority" && !together.Contains(file)
                    from folder in FolderGraph.NamesIn(File.ReadAllText(path), folders).Distinct()
                    select $"{file} -> {folder}";

        Assert.That(found, Is.Empty);
    }

    [TestCase("using LicenseAuthority.B;", "A -> B")]
    [TestCase("using LicenseAuthority.B.Deeper;", "A -> B")]
    [TestCase("using static LicenseAuthority.B.Type;", "A -> B")]
    [TestCase("using Short = LicenseAuthority.B.Type;", "A -> B")]
    [TestCase("private B.Type _field;", "A -> B")]
    [TestCase("var made = new LicenseAuthority.B.Type();", "A -> B")]
    [TestCase("List<B.Type> list = [];", "A -> B")]
    [TestCase("/// <see cref=\"B.Type\"/>", "A ->")]
    [TestCase("namespace LicenseAuthority.A;", "A ->")]
    [TestCase("using LicenseAuthority.A.Deeper;", "A ->")]
    [TestCase("var length = options.B.Length;", "A ->")]
    [TestCase("var text = \"B.Setting\";", "A ->")]
    [TestCase("using B.Foreign.Library;", "A -> B", Description = "A library with a folder's name would be a riddle for people too.")]
    public void Graph_OfAFile_HasItsUsingsAndItsFullNames(string line, string expected) =>
        Assert.That(FolderGraph.Of([("A/File.cs", line), ("B/Type.cs", "")]).Lines, Does.Contain(expected));

    [TestCase("using LicenseAuthority.Marketplaces.First;", "Marketplaces/Second -> Marketplaces, Marketplaces/First")]
    [TestCase("using LicenseAuthority.Marketplaces.First.Deeper;", "Marketplaces/Second -> Marketplaces, Marketplaces/First")]
    [TestCase("private First.Type _field;", "Marketplaces/Second -> Marketplaces, Marketplaces/First")]
    [TestCase("private Marketplaces.First.Type _field;", "Marketplaces/Second -> Marketplaces, Marketplaces/First")]
    [TestCase("using LicenseAuthority.Marketplaces;", "Marketplaces/Second -> Marketplaces")]
    public void Graph_OfADoorOfAMarketplace_IsANodeOfItsOwn(string line, string expected) => Assert.That(
        FolderGraph.Of([("Marketplaces/Second/V1/File.cs", line), ("Marketplaces/First/Type.cs", ""), ("Marketplaces/Type.cs", "")]).Lines, Does.Contain(expected));

    [Test]
    public void Circle_OverThreeFolders_IsFoundAndNamed()
    {
        var graph = FolderGraph.Of([("A/File.cs", "using LicenseAuthority.B;"), ("B/File.cs", "using LicenseAuthority.C;"), ("C/File.cs", "using LicenseAuthority.A;"), ("D/File.cs", "using LicenseAuthority.A;")]);

        Assert.That(graph.FindCircle(), Is.EqualTo("A -> B -> C -> A"));
    }

    private static IEnumerable<(string From, string To)> ArrowsOf(string line)
    {
        var parts = line.Split("->", StringSplitOptions.TrimEntries);
        return parts[1].Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(to => (parts[0], to));
    }
}
