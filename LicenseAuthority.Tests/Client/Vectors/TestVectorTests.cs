using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>
/// The plain files in <c>testvectors/</c>, for any implementation of the format, through both builds of ours and through the sample in JavaScript. They are made
/// from fixed seeds: after a deliberate change of the classes beside this one, run the tests once with UPDATE_TESTVECTORS=1 and review the difference. A vector
/// that was part of a release is never changed: a new rule gets a new one.
/// </summary>
public sealed class TestVectorTests
{
    private static readonly string Folder = Repository.PathTo("testvectors");

    private static IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static IEnumerable<NamedVector> Made =>
        [.. CodeVectors.All(), .. ListedVectors.All(), .. BindingVectors.All(), .. StatusListVectors.All(), .. CertificateVectors.All(), .. LicenseFileVectors.All()];

    [TestCaseSource(nameof(Files))]
    public void Check_Vector_GivesTheExpectedOutcome(string file)
    {
        var vector = Read(file);
        var verifier = new LicenseVerifier(vector.Roots, vector.Product, vector.Options);

        var (outcome, texts) = Judge(verifier, vector);

        Assert.That(outcome, Is.EqualTo(vector.Expect), texts);
        Assert.That(Judge(verifier, vector).Outcome, Is.EqualTo(outcome), "again");
    }

    [TestCaseSource(nameof(Files))]
    public void Check_VectorThroughTheNetStandardBuild_GivesTheSame(string file)
    {
        var vector = Read(file);
        var (_, texts) = Judge(new LicenseVerifier(vector.Roots, vector.Product, vector.Options), vector);

        Assert.That(NetStandardVerifier.Check(vector), Is.EqualTo(($"{vector.Expect}", texts)));
    }

    [Test]
    public void NetStandardBuild_Loaded_IsReallyTheOtherOne() =>
        Assert.That(NetStandardVerifier.TargetFramework, Is.EqualTo(".NETStandard,Version=v2.0"));

    [Test]
    public async Task Check_ThroughTheSampleInJavaScript_GivesTheExpectedOutcomes()
    {
        NodePrograms.Demand();

        var (exitCode, output, errors) = await NodePrograms.RunAsync([Repository.PathTo("samples", "node-verify", "verify.mjs"), "--vectors", Folder]);

        var ordinary = Files.Select(file => (File: file, Vector: Read(file))).Where(entry => !entry.Vector.IsStrictJson).ToList();
        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(ordinary.Select(entry => $"{Path.GetFileNameWithoutExtension(entry.File)} {entry.Vector.Expect}")), errors);
        Assert.That(exitCode, Is.Zero, errors);
        Assert.That(ordinary, Has.Count.GreaterThanOrEqualTo(100));
    }

    [Test]
    public async Task Check_ThroughTheSampleInJavaScript_ADifferenceEndsWithOne()
    {
        NodePrograms.Demand();
        var folder = TestFolder.Create("license-authority-vectors-");
        try
        {
            var text = await File.ReadAllTextAsync(Path.Combine(Folder, "valid.txt"));
            await File.WriteAllTextAsync(Path.Combine(folder, "wrong.txt"), text.Replace("expect: Valid", "expect: Frozen", StringComparison.Ordinal));

            var (exitCode, output, errors) = await NodePrograms.RunAsync([Repository.PathTo("samples", "node-verify", "verify.mjs"), "--vectors", folder]);

            Assert.That((exitCode, output), Is.EqualTo((1, "wrong Valid\n")), errors);
            Assert.That(errors, Does.Contain("Frozen"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("expect: Valid\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\nexpekt: Valid\n\nx")]
    [TestCase("expect: Good\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\n\nx")]
    [TestCase("expect: 1\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\n\nx")]
    [TestCase("expect: Valid\nnow: 2026-06-01\nproduct: p\nroot: r\n\nx")]
    [TestCase("expect: Valid\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\nx")]
    [TestCase("expect: Valid\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\nkind: code\n\nx")]
    [TestCase("expect: Valid\nnow: 2026-06-01T00:00:00Z\nproduct: p\nroot: r\nrequire-status: no\n\nx")]
    public void Parse_UnknownWordOrForm_Fails(string text) => Assert.That(() => TestVector.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void Files_EveryOutcome_HasAVector() =>
        Assert.That(Files.Select(file => Read(file).Expect).Distinct(), Is.EquivalentTo(Enum.GetValues<LicenseOutcome>()));

    [Test]
    public void Files_OfEachKind_AreMany()
    {
        var vectors = Files.Select(Read).ToList();

        Assert.That(vectors, Has.Count.GreaterThanOrEqualTo(130));
        Assert.That(vectors.Count(vector => vector.Kind == TestVectorKind.StatusList), Is.GreaterThanOrEqualTo(30));
        Assert.That(vectors.Count(vector => vector.Kind == TestVectorKind.LicenseFile), Is.GreaterThanOrEqualTo(15));
        Assert.That(Files.Count(file => file.StartsWith("certificate-", StringComparison.Ordinal)), Is.GreaterThanOrEqualTo(15));
    }

    [Test]
    public void Files_MadeAnewFromTheirSeeds_AreTheSame()
    {
        var made = Made.ToDictionary(named => named.Name + ".txt", named => named.Vector.ToText(named.Comment));
        if (Environment.GetEnvironmentVariable("UPDATE_TESTVECTORS") == "1")
        {
            foreach (var (file, text) in made)
            {
                File.WriteAllText(Path.Combine(Folder, file), text);
            }
        }

        Assert.That(Files, Is.EquivalentTo(made.Keys));
        foreach (var (file, text) in made)
        {
            Assert.That(File.ReadAllText(Path.Combine(Folder, file)), Is.EqualTo(text), file);
        }
    }

    private static TestVector Read(string file) => TestVector.Parse(File.ReadAllText(Path.Combine(Folder, file)));

    private static (LicenseOutcome Outcome, string Texts) Judge(LicenseVerifier verifier, TestVector vector)
    {
        if (vector.Kind == TestVectorKind.StatusList)
        {
            var alone = verifier.CheckStatusList(vector.Text);
            return (alone.Outcome, Texts(alone.GetEvidence));
        }

        var file = vector.Kind == TestVectorKind.LicenseFile ? LicenseFile.Parse(vector.Text) : null;
        var list = verifier.CheckStatusList(file is null ? vector.GivenList : file.GetStatusList()).List;
        var check = verifier.Check(file is null ? vector.Text : file.GetCode(), list, vector.Fingerprints);
        return (check.Outcome, Texts(check.GetEvidence, check.GetAdvice, check.GetReport));
    }

    private static string Texts(params Func<LicenseLanguage, string>[] texts) =>
        string.Join('\n', texts.SelectMany(text => Enum.GetValues<LicenseLanguage>().Select(text)));
}
