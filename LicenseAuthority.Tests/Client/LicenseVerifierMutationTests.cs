using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>
/// Random changes to good codes, from a fixed seed. The rule that they check knows nothing of the format: a text is genuine exactly if it is, without
/// ASCII white space, one of the texts that were signed. CI makes a hundred thousand of them, others twenty.
/// </summary>
public sealed class LicenseVerifierMutationTests : LicenseVerifierTestBase
{
    private const int Blocks = 100;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

    [Test]
    public void Check_ManyMutations_NeverThrowsAndNeverPassesAsAnotherCode()
    {
        var mutationsOfABlock = TestDatabases.IsCi ? 1_000 : 200;
        string[] codes =
        [
            TestCodes.Valid().Build(),
            TestCodes.Valid().With("gen", 2).With("iat", TestCodes.IssuedAt + 1).Without("exp").Without("grace").Build(),
            TestCodes.Valid().With("cn", "\"\u6d4b\u8bd5\"").With("trial", "true").BoundTo("board", "disk").With("devk", 1).Build(),
            TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1).Build(),
            TestCodes.Valid().WithHeader("alg", "\"Ed25519\"").With("test", "true").With("ent", "{}").Build(),
        ];
        var genuine = codes.ToHashSet(StringComparer.Ordinal);
        var outcomes = new int[16];

        // In blocks with a seed each, so that a failure names the block and can be run again, and all cores share the work.
        Parallel.For(0, Blocks, block =>
        {
            var random = new Random(block);
            for (var i = 0; i < mutationsOfABlock; i++)
            {
                var text = Mutate(random, codes);
                var check = Verifier.Check(text, ["board"]);
                var stripped = string.Concat(text.Where(character => !CodeText.AsciiWhiteSpace.Contains(character, StringComparison.Ordinal)));
                if (check.License is not null != genuine.Contains(stripped))
                {
                    Assert.Fail($"Block {block}, mutation {i}: {check} for {text}");
                }

                Interlocked.Increment(ref outcomes[(int)check.Outcome]);
            }
        });

        // The mutations must reach every stage, or they prove nothing.
        foreach (var outcome in (LicenseOutcome[])[LicenseOutcome.Malformed, LicenseOutcome.UntrustedKey, LicenseOutcome.BadSignature, LicenseOutcome.Valid])
        {
            Assert.That(outcomes[(int)outcome], Is.GreaterThan(100), $"{outcome}");
        }
    }

    private static string Mutate(Random random, string[] codes)
    {
        var text = codes[random.Next(codes.Length)];
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(text.Length);
            text = random.Next(8) switch
            {
                // Any one of the low eight bits, so that most results leave the alphabet.
                0 or 1 => $"{text[..at]}{(char)(text[at] ^ (1 << random.Next(8)))}{text[(at + 1)..]}",
                2 => $"{text[..at]}{Alphabet[random.Next(Alphabet.Length)]}{text[(at + 1)..]}",
                3 => text.Remove(at, random.Next(1, Math.Min(30, text.Length - at) + 1)),
                4 => text.Insert(at, new string(Alphabet[random.Next(Alphabet.Length)], random.Next(1, 4))),
                5 => text.Insert(at, $"{(char)random.Next(0x10000)}"),
                6 => text.Insert(at, $"{CodeText.AsciiWhiteSpace[random.Next(4)]}"),
                _ => SwapPart(random, text, codes[random.Next(codes.Length)]),
            };
            if (text.Length == 0)
            {
                return text;
            }
        }

        return text;
    }

    private static string SwapPart(Random random, string text, string other)
    {
        var parts = text.Split('.');
        var part = random.Next(Math.Min(3, parts.Length));
        parts[part] = other.Split('.')[part];
        return string.Join('.', parts);
    }
}
