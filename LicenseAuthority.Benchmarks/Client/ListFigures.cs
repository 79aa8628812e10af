using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>
/// What a status list of 2^20 entries costs licensed software. It is read as the software reads it, and a code is judged by it again and again. The floor of reading is
/// one look at each byte of its entries, that of a judgement the same without a list.
/// </summary>
internal static class ListFigures
{
    public static void Measure(GoalTable goals, SampleCodes samples, string code)
    {
        var verifier = samples.NewVerifier(cacheCodes: true);
        if (verifier.Check(code).License is not { StatusListUri: { } uri, StatusListIndex: { } own })
        {
            throw new InvalidOperationException("The sample code names no list.");
        }

        LicenseStatusList? list = null;
        var entries = new byte[StatusListReader.EntryBytes];
        foreach (var (name, share) in (ReadOnlySpan<(string, double)>)[("nothing against any code", 0), ("1 % revoked", 0.01), ("all at random", 1)])
        {
            var token = samples.SignStatusList(uri, own, share);
            list = Parse(verifier, token);
            var (time, floor, _) = InTurn.Measure(() => Parse(verifier, token), () => Count(entries), inARow: 1, rounds: 100);
            goals.AddTime($"read a list, {name}; a look at its bytes", time, floor, time <= 20_000, "at most 20 ms");
            var beyond = InTurn.BytesOf(() => Parse(verifier, token), inARow: 4) - StatusListReader.EntryBytes;
            goals.AddBytes($"read a list, {name}: memory beyond the entries", beyond, beyond <= 64 * 1024, "at most 64 KiB");
        }

        // All over the list, so that the processor's cache does not have it.
        var (index, found, other) = (1u, 0, 0);
        var (lookUp, bare, _) = InTurn.Measure(
            () => found += list!.GetStatus((int)((index = (index * 1664525) + 1013904223) >> 12)) == LicenseStatus.Invalid ? 1 : 0,
            () => other += entries[(index = (index * 1664525) + 1013904223) >> 14], inARow: 1000);
        goals.AddTime("look an entry up; an array", lookUp, bare, lookUp <= 0.1 && found + other > 0, "at most 100 ns");

        var (again, without, _) = InTurn.Measure(() => _ = verifier.Check(code, list, null).IsValid, () => _ = verifier.Check(code).IsValid, inARow: 100);
        goals.AddTime("Check again, with a list; without", again, without, again <= 2, "at most 2 µs");
        var bytes = InTurn.BytesOf(() => _ = verifier.Check(code, list, null).IsValid, inARow: 2_000_000);
        goals.AddBytes("Check again, with a list: memory allocated", bytes, bytes == 0, "0 B");
    }

    private static LicenseStatusList Parse(LicenseVerifier verifier, string token)
    {
        var check = verifier.CheckStatusList(token);
        return check.List ?? throw new InvalidOperationException(check.GetEvidence(LicenseLanguage.English));
    }

    private static void Count(byte[] entries)
    {
        var sum = 0;
        foreach (var entry in entries)
        {
            sum += entry;
        }

        if (sum != 0)
        {
            throw new InvalidOperationException("Nobody has written there.");
        }
    }
}
