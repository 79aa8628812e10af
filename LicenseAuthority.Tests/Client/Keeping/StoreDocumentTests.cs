using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Client.Timekeeping;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Keeping;

/// <summary>The store's file: a license file to everybody, and more to a guard.</summary>
internal sealed class StoreDocumentTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now);

    private static StoreDocument Full => new()
    {
        ProductId = "编辑器 \n x",
        Codes = [TestCodes.Valid().Build(), TestCodes.Valid().With("gen", 2).Build()],
        Lists = [TestStatusLists.With(0).Build()],
        MinimumSerial = uint.MaxValue,
        Clock = new ClockMarks { Signed = Now, SignedSerial = 5, Seen = Now.AddHours(1), Doubted = Now.AddYears(1), LastReading = Now.AddHours(2) },
        Fetch = FetchMarks.None.Trying(Now).Failed(Now, "unreachable", Now.AddHours(1), isOutdated: true),
        Calls = new CallMarks { AttemptedAt = Now, Attempt = CallMarks.Release, Result = "too-many-frees", StatedAt = Now.AddHours(1), State = "Frozen", StatedOf = "x-_" },
        Activations = new Dictionary<string, string> { ["a"] = "act_1" },
        GivenUp = new Dictionary<string, GivenUpPlace> { ["b"] = new(Now, 3) },
        Freed = new Dictionary<string, DateTimeOffset> { ["c"] = Now },
    };

    [Test]
    public void Write_ThenRead_GivesTheSame()
    {
        var bytes = Full.Write();
        var document = StoreDocument.Read(bytes, out var foreign);

        Assert.That(foreign, Is.Null);
        Assert.That(StoreDocument.IsWhole(bytes), Is.True);
        Assert.That(document!.Write(), Is.EqualTo(bytes));
        Assert.That(document.ProductId, Is.EqualTo(Full.ProductId));
        Assert.That(document.Codes, Is.EqualTo(Full.Codes));
        Assert.That(document.Clock.Floor, Is.EqualTo(Full.Clock.Floor));
        Assert.That(document.Fetch.Problem, Is.EqualTo("unreachable"));
        Assert.That((document.Calls.Attempt, document.Calls.Result, document.Calls.State), Is.EqualTo(("release", "too-many-frees", "Frozen")));
    }

    [Test]
    public void Write_IsALicenseFile()
    {
        var file = LicenseFile.Parse(Encoding.ASCII.GetString(Full.Write()));

        Assert.That(file.IsWellFormed, Is.True);
        Assert.That(file.GetCode(), Is.EqualTo(Full.Codes[0]));
        Assert.That(file.GetStatusList(), Is.EqualTo(Full.Lists[0]));
    }

    [Test]
    public void Read_CutOffAnywhere_IsNoDocument()
    {
        var bytes = Full.Write();
        for (var length = 0; length < bytes.Length; length += 97)
        {
            Assert.That(StoreDocument.Read(bytes[..length], out _), Is.Null, $"{length} of {bytes.Length}");
        }
    }

    [Test]
    public void Read_EditedByHand_GivesTheSignedPartsOnly()
    {
        var text = Encoding.ASCII.GetString(Full.Write()).Replace("min-serial 4294967295", "min-serial 0", StringComparison.Ordinal);

        Assert.That(StoreDocument.Read(Encoding.ASCII.GetBytes(text), out var foreign), Is.Null);
        Assert.That(foreign!.GetCode(), Is.EqualTo(Full.Codes[0]));
    }

    [Test]
    public void Read_EightLicensesWithTheLongestLists_Reads()
    {
        var list = TestStatusLists.Fresh(lst: TestStatusLists.Zlib(RandomEntries(), System.IO.Compression.CompressionLevel.NoCompression)).Build();
        var document = new StoreDocument { ProductId = "p", Codes = [.. Enumerable.Repeat(TestCodes.Valid().Build(), 8)], Lists = [.. Enumerable.Repeat(list, 8)] };
        var bytes = document.Write();

        Assert.That(bytes, Has.Length.LessThan(StoreDocument.MaximumLength));
        Assert.That(StoreDocument.Read(bytes, out _)!.Lists, Has.Count.EqualTo(8));
    }

    private static byte[] RandomEntries()
    {
        var entries = new byte[LicenseAuthority.Client.Format.StatusListReader.EntryBytes];
        new Random(7).NextBytes(entries);
        return entries;
    }
}
