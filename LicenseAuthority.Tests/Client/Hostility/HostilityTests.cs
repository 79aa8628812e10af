using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Hostility;

/// <summary>
/// What an attacker can hand to the client: no exception, nothing taken that nobody signed, and no more memory than ten times the input and 256 KiB. CI changes 200,000
/// inputs, others 40,000, and the long run two million, or as many as MUTATIONS in the environment says. The first ones are always the same.
/// </summary>
internal sealed class HostilityTests
{
    private const int MutationsOfABlock = 500;
    private const int SpareMemory = 256 * 1024;

    private static HostileReader[] Readers => HostileReader.All;

    [TestCaseSource(nameof(Readers))]
    public void Read_ManyMutations_NeverThrowsTakesNothingFalseAndLittleMemory(HostileReader reader) => Mutate(reader, TestDatabases.IsCi ? 200_000 : 40_000);

    [TestCaseSource(nameof(Readers))]
    [Explicit("Takes minutes: millions of changed inputs.")]
    [Category("long")]
    public void Read_MillionsOfMutations_NeverThrowsTakesNothingFalseAndLittleMemory(HostileReader reader) => Mutate(
        reader,
        int.TryParse(Environment.GetEnvironmentVariable("MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 2_000_000);

    // As many as this over all readers.
    private static void Mutate(HostileReader reader, int mutations)
    {
        foreach (var text in reader.Texts)
        {
            Assert.That(reader.Read(text).Outcome, Is.Not.Null, "as it was made");
        }

        var blocks = mutations / Readers.Length / MutationsOfABlock;
        var outcomes = new ConcurrentDictionary<LicenseOutcome, int>();

        // In blocks with a seed each, so that a failure names the block and can be run again, and all cores share the work.
        Parallel.For(0, blocks, block =>
        {
            var random = new Random(block);
            for (var i = 0; i < MutationsOfABlock; i++)
            {
                var text = Prepare(random, Mutation.Of(random, reader.Texts));
                var (outcome, allocated) = Read(reader, text, block, i);
                if (outcome is null || allocated > MemoryFor(text))
                {
                    Assert.Fail($"Block {block}, mutation {i}: {outcome?.ToString() ?? "taken"}, {allocated} bytes for {text.Length}: {text}");
                }

                outcomes.AddOrUpdate(outcome!.Value, 1, (_, count) => count + 1);
            }
        });

        TestContext.Out.WriteLine($"{reader}: {blocks * MutationsOfABlock} mutations, {string.Join(", ", outcomes.Select(outcome => $"{outcome.Key} {outcome.Value}"))}");
        foreach (var outcome in reader.Reached)
        {
            Assert.That(outcomes.GetValueOrDefault(outcome), Is.GreaterThan(20), $"{outcome} must be reached, or this proves nothing");
        }
    }

    private static readonly TestCaseData[] Large =
    [
        Case("code with a header of numbers", "Codes", () => $"{Header(Repeat("10,", 6000))}.e30.{Signature}"),
        Case("code with a header of objects", "Codes", () => $"{Header(Repeat("{},", 6000))}.e30.{Signature}"),
        Case("code with a header of members", "Codes", () => $"{StrictBase64Url.Encode(Encoding.ASCII.GetBytes(Members(6000)))}.e30.{Signature}"),
        Case("code of white space", "Codes", () => new string(' ', CodeText.MaximumRawLength)),
        Case("code of 10 MB", "Codes", () => new string('.', 10_000_000)),
        Case("list with a header of numbers", "StatusLists", () => $"{Header(Repeat("10,", 390_000))}.e30.{Signature}"),
        Case("list with a header of arrays", "StatusLists", () => $"{Header(Repeat("[],", 390_000))}.e30.{Signature}"),
        Case("list with a header of members", "StatusLists", () => $"{StrictBase64Url.Encode(Encoding.ASCII.GetBytes(Members(390_000)))}.e30.{Signature}"),
        Case("list with a header of one text", "StatusLists", () => $"{Header("\"" + new string('x', 380_000) + "\",")}.e30.{Signature}"),
        Case("list with a header of escapes", "StatusLists", () => $"{Header("\"" + Repeat("\\u0061", 380_000) + "\",")}.e30.{Signature}"),
        Case("list of line breaks", "StatusLists", () => string.Concat(Enumerable.Repeat("A\n", StatusListReader.MaximumLength))),
        Case("list of dots", "StatusLists", () => new string('.', StatusListReader.MaximumLength)),
        Case("list's claims of numbers", "Entries", () => $"{{\"x\":[{Repeat("10,", 380_000)}0]}}"),
        Case("file of half marks", "LicenseFiles", () => Repeat("-----BEGIN ", 2_000_000)),
        Case("file with a mark that never ends", "LicenseFiles", () => "-----BEGIN" + new string('\n', 2_000_000)),
        Case("file of quotation", "LicenseFiles", () => $"-----BEGIN LICENSE CODE-----{Repeat(">\n", 2_000_000)}x-----END LICENSE CODE-----"),
        Case("file with a huge list", "LicenseFiles", () => $"-----BEGIN STATUS LIST-----{new string('x', 2_000_000)}-----END STATUS LIST-----"),
        Case("file of byte order marks", "LicenseFiles", () => new string('\uFEFF', 2_000_000)),
        Case("file of 10 MB", "LicenseFiles", () => new string('-', 10_000_000)),
        Case("store of line breaks", "StoreFiles", () => Store(new string('\n', 8_000_000))),
        Case("store of unknown lines", "StoreFiles", () => Store(Repeat("x y\n", 8_000_000))),
        Case("store of codes", "StoreFiles", () => Store(Repeat("code a\n", 8_000_000))),
        Case("store with a huge list", "StoreFiles", () => Store($"list {new string('x', 8_000_000)}\n")),
        Case("store of no text", "StoreFiles", () => new string('\u00ff', 8_000_000)),
        Case("store of 20 MB", "StoreFiles", () => new string('x', 20_000_000)),
        Case("answer of numbers", "Answers", () => $"[{Repeat("10,", 580_000)}0]"),
        Case("answer of objects", "Answers", () => $"[{Repeat("{},", 580_000)}0]"),
        Case("answer of members", "Answers", () => Members(580_000)),
        Case("answer of devices", "Answers", () => $"{{\"devices\":[{Repeat("{\"name\":\"a\"},", 580_000)}0]}}"),
        Case("answer with a huge code", "Answers", () => $"{{\"code\":\"{new string('x', 580_000)}\"}}"),
        Case("answer of brackets", "Answers", () => new string('[', 580_000)),
    ];

    // A list with a header of 400 KB in which each two bytes are a value took thirty times its size, before anybody had looked at a signature.
    [TestCaseSource(nameof(Large))]
    public void Read_WhatIsMadeToTakeMemory_TakesTenTimesItsSizeAtMost(string readerName, Func<string> make)
    {
        var (reader, text) = (Readers.Single(reader => $"{reader}" == readerName), make());

        var (outcome, allocated) = Read(reader, text);

        Assert.That(outcome, Is.Not.Null);
        Assert.That(allocated, Is.LessThanOrEqualTo(MemoryFor(text)));
    }

    // Made when it is needed: together they are long.
    private static TestCaseData Case(string name, string reader, Func<string> make) => new TestCaseData(reader, make).SetArgDisplayNames(name);

    private static long MemoryFor(string text) => (10L * text.Length) + SpareMemory;

    // What a thread borrows for the first time is made for it, and is there for all that follow: the least of three.
    private static (LicenseOutcome? Outcome, long Allocated) Read(HostileReader reader, string text)
    {
        var (outcome, allocated) = reader.Read(text);
        for (var again = 0; again < 2 && outcome is not null && allocated > MemoryFor(text); again++)
        {
            allocated = Math.Min(allocated, reader.Read(text).Allocated);
        }

        return (outcome, allocated);
    }

    private static (LicenseOutcome? Outcome, long Allocated) Read(HostileReader reader, string text, int block, int mutation)
    {
        try
        {
            return Read(reader, text);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Block {block}, mutation {mutation}: {text}", exception);
        }
    }

    private static string Prepare(Random random, string text) => random.Next(2) == 0 ? WithItsSum(text) : text;

    /// <summary>A store's file with the checksum that fits, as whoever owns the machine can make one; any other text as it is.</summary>
    public static string WithItsSum(string text) =>
        text.LastIndexOf("\nsum ", StringComparison.Ordinal) is > 0 and var at && text.EndsWith("\n-----END LICENSE MARKS-----\n", StringComparison.Ordinal)
            ? Summed(text[..(at + 1)])
            : text;

    private static string Signature => StrictBase64Url.Encode(new byte[64]);

    private static string Header(string items) => StrictBase64Url.Encode(Encoding.ASCII.GetBytes($"{{\"x\":[{items}0]}}"));

    private static string Repeat(string text, int length) => string.Concat(Enumerable.Repeat(text, length / text.Length));

    private static string Members(int length) => $"{{{string.Join(',', Enumerable.Range(0, length / 9).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"{i:x}\":1")))}}}";

    private static string Store(string lines) => Summed($"-----BEGIN LICENSE MARKS-----\nversion 1\n{lines}");

    private static string Summed(string text) =>
        $"{text}sum {StrictBase64Url.Encode(SHA256.HashData(Encoding.Latin1.GetBytes(text)))}\n-----END LICENSE MARKS-----\n";
}
