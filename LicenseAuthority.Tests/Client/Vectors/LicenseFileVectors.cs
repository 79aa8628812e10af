using LicenseAuthority.Client;
using LicenseAuthority.Codes;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Vectors;

/// <summary>License files, as they are written, mailed and damaged.</summary>
internal static class LicenseFileVectors
{
    public static IEnumerable<NamedVector> All()
    {
        yield return NamedVector.InFile("lic-code", "A license file with a code.", LicenseOutcome.Valid, LicenseFileWriter.Write(TestCodes.Valid().Build(), null));
        yield return NamedVector.InFile(
            "lic-code-and-list", "A license file with a code and a list that revokes it.", LicenseOutcome.Revoked,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), TestStatusLists.With(1).Build()));
        yield return NamedVector.InFile(
            "lic-quoted-mail", "A license file in a quoted mail, with a byte order mark, CR and text around it.", LicenseOutcome.Valid,
            "\ufeffOn Monday somebody wrote:\r\n> " + LicenseFileWriter.Write(TestCodes.Valid().Build(), null).Replace("\n", "\r\n> ", StringComparison.Ordinal) + "\r\n> Regards\r\n");
        yield return NamedVector.InFile(
            "lic-one-line", "A license file whose line breaks were lost.", LicenseOutcome.Valid,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), null).Replace('\n', ' '));
        yield return NamedVector.InFile(
            "lic-bare-code", "A code by itself, wrapped, with a byte order mark.", LicenseOutcome.Valid,
            "\ufeff" + string.Join("\r\n", TestCodes.Valid().Build().Chunk(76).Select(line => new string(line))));
        yield return NamedVector.InFile(
            "lic-two-codes", "Two codes: nobody can say which one counts.", LicenseOutcome.Malformed,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), null) + LicenseFileWriter.Write(TestCodes.Valid().With("gen", 2).Build(), null));
        yield return NamedVector.InFile(
            "lic-half-armor", "The end is missing.", LicenseOutcome.Malformed,
            LicenseFileWriter.Write(TestCodes.Valid().Build(), null).Replace("-----END LICENSE CODE-----", "", StringComparison.Ordinal));
        yield return NamedVector.InFile("lic-empty", "White space only.", LicenseOutcome.Malformed, "\ufeff \r\n\t");
        yield return NamedVector.InFile("lic-list-first", "The list stands before the code: the order does not matter.", LicenseOutcome.Suspended, Blocks(("STATUS LIST", List(2)), ("LICENSE CODE", Code())));
        yield return NamedVector.InFile("lic-list-only", "A list and no code.", LicenseOutcome.Malformed, Blocks(("STATUS LIST", List(0))));
        yield return NamedVector.InFile(
            "lic-two-lists", "Two lists: nobody can say which one counts, and nothing in the file does.", LicenseOutcome.Malformed,
            Blocks(("LICENSE CODE", Code()), ("STATUS LIST", List(0)), ("STATUS LIST", List(0))));
        yield return NamedVector.InFile(
            "lic-end-of-another-name", "The code's block ends as a list's.", LicenseOutcome.Malformed,
            $"-----BEGIN LICENSE CODE-----\n{Code()}\n-----END STATUS LIST-----\n");
        yield return NamedVector.InFile("lic-end-first", "An end without a begin.", LicenseOutcome.Malformed, "-----END LICENSE CODE-----\n" + Blocks(("LICENSE CODE", Code())));
        yield return NamedVector.InFile(
            "lic-block-within-a-block", "A list that begins within the code.", LicenseOutcome.Malformed,
            $"-----BEGIN LICENSE CODE-----\n-----BEGIN STATUS LIST-----\n{Code()}\n-----END STATUS LIST-----\n-----END LICENSE CODE-----\n");
        yield return NamedVector.InFile(
            "lic-unknown-block", "A block of another name does not count: what licensed software keeps has one.", LicenseOutcome.Valid,
            Blocks(("LICENSE CODE", Code()), ("LICENSE MARKS", "version 1")));
        yield return NamedVector.InFile(
            "lic-other-case", "Marks in lower case are none, and the text is no code by itself.", LicenseOutcome.Malformed,
            Blocks(("LICENSE CODE", Code())).Replace("BEGIN LICENSE", "begin license", StringComparison.Ordinal).Replace("END LICENSE", "end license", StringComparison.Ordinal));
        yield return NamedVector.InFile(
            "lic-foreign-character", "A character between the marks that no code has.", LicenseOutcome.Malformed, Blocks(("LICENSE CODE", Code()[..100] + "*" + Code()[100..])));
        yield return NamedVector.InFile(
            "lic-broken-marks", "A narrow mail has broken and quoted the marks as well.", LicenseOutcome.Valid,
            $"> -----BEGIN\r\n> LICENSE\r\n> CODE-----\r\n> {Code()}\r\n>-----END \t LICENSE CODE-----\r\n");
        yield return NamedVector.InFile(
            "lic-quoted-twice", "Quoted twice, with and without a space.", LicenseOutcome.Valid,
            ">> " + LicenseFileWriter.Write(Code(), null).TrimEnd().Replace("\n", "\n> >", StringComparison.Ordinal));
        yield return NamedVector.InFile(
            "lic-mark-within-a-line", "A > that is not at the beginning of a line stays, and is in no code.", LicenseOutcome.Malformed,
            Blocks(("LICENSE CODE", Code()[..100] + ">" + Code()[100..])));
        yield return NamedVector.InFile("lic-bare-list", "A list by itself is taken for a code, and is none.", LicenseOutcome.Malformed, List(0));
        yield return NamedVector.InFile(
            "lic-damaged-list", "The list is cut off, and demanded: the code is judged without one.", LicenseOutcome.StatusListTooOld,
            Blocks(("LICENSE CODE", Code()), ("STATUS LIST", List(1)[..^1])), requireStatus: true);
        yield return NamedVector.InFile(
            "lic-list-of-another-uri", "A list that the code does not name says nothing about it.", LicenseOutcome.Valid,
            Blocks(("LICENSE CODE", Code()), ("STATUS LIST", TestStatusLists.With(1).With("sub", "\"https://license.example.com/licensee/v1/status-lists/2\"").Build())));
        yield return NamedVector.InFile(
            "lic-list-required", "A fresh list, demanded.", LicenseOutcome.Valid, LicenseFileWriter.Write(Code(), List(0)), requireStatus: true);
        yield return NamedVector.InFile(
            "lic-of-a-device", "A code for this device.", LicenseOutcome.Valid,
            LicenseFileWriter.Write(TestCodes.Valid().BoundTo("board", "disk").With("devk", 1).Build(), List(0)), fingerprints: ["disk"]);
        yield return NamedVector.InFile(
            "lic-expired", "The list is fresh, and the term with its grace is over.", LicenseOutcome.Expired, LicenseFileWriter.Write(Code(), List(0)),
            now: TestCodes.ExpiresAt + TestCodes.GraceSeconds);
    }

    private static string Code() => TestCodes.Valid().Build();

    private static string List(int entry) => TestStatusLists.With(entry).Build();

    private static string Blocks(params (string Label, string Body)[] blocks) =>
        string.Concat(blocks.Select(block => $"-----BEGIN {block.Label}-----\n{block.Body}\n-----END {block.Label}-----\n"));
}
