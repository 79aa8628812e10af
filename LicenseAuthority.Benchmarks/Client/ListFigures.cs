using LicenseAuthority.Benchmarks.Figures;
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
    private const string ALook = "a look at its bytes";

    public static void Measure(ClientFigures figures, SampleCodes samples, string code)
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
            var states = SampleCodes.StatesOfList(own, share);
            var token = samples.SignStatusList(uri, states);
            list = Parse(verifier, token);
            var making = figures.InTurn.Measure(() => samples.SignStatusList(uri, states), () => Count(entries), inARow: 1, usualRounds: 10);
            figures.AddTime($"compress and sign a list, {name}", making.Microseconds, Goal.AtMost(200_000), ALook, making.Floor);
            var reading = figures.InTurn.Measure(() => Parse(verifier, token), () => Count(entries), inARow: 1, usualRounds: 100);
            figures.AddTime($"read a list, {name}", reading.Microseconds, Goal.AtMost(20_000), ALook, reading.Floor);
            figures.AddBytes(
                $"read a list, {name}: memory beyond the entries", InTurn.BytesOf(() => Parse(verifier, token), inARow: 4) - StatusListReader.EntryBytes, 64 * 1024);
        }

        // All over the list, so that the processor's cache does not have it.
        var (index, found, other) = (1u, 0, 0);
        var lookUp = figures.InTurn.Measure(
            () => found += list!.GetStatus((int)((index = (index * 1664525) + 1013904223) >> 12)) == LicenseStatus.Invalid ? 1 : 0,
            () => other += entries[(index = (index * 1664525) + 1013904223) >> 14], inARow: 1000);
        if (found + other == 0)
        {
            throw new InvalidOperationException("The list has nothing against anybody.");
        }

        figures.AddTime("look an entry up", lookUp.Microseconds, Goal.AtMost(0.1), "an array", lookUp.Floor);

        var again = figures.InTurn.Measure(() => _ = verifier.Check(code, list, null).IsValid, () => _ = verifier.Check(code).IsValid, inARow: 100);
        figures.AddTime("Check, again, with a list", again.Microseconds, Goal.AtMost(2), "without a list", again.Floor);
        figures.AddBytes("Check, again, with a list: memory allocated", InTurn.BytesOf(() => _ = verifier.Check(code, list, null).IsValid, inARow: 2_000_000), 0);
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
