using System.Diagnostics.CodeAnalysis;
using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client;

/// <summary>
/// A license file, <c>.lic</c>: a license code and, optionally, a status list, each as a block between lines like those of PEM (docs/license-code-format.md,
/// "License files").
/// A text without such lines is a code by itself. Only the form is looked at: what is in it counts after <see cref="LicenseVerifier"/> has checked it. Immutable
/// and thread-safe.
/// </summary>
/// <example>
/// <code>
/// LicenseFile file = LicenseFile.Parse(File.ReadAllText("editor.lic"));
/// LicenseStatusList? list = verifier.CheckStatusList(file.GetStatusList()).List;
/// LicenseCheck check = verifier.Check(file.GetCode(), list, fingerprints);
/// </code>
/// </example>
public sealed class LicenseFile
{
    /// <summary>The name of a code's block.</summary>
    internal const string CodeLabel = "LICENSE CODE";

    /// <summary>The name of a status list's block.</summary>
    internal const string StatusListLabel = "STATUS LIST";

    // Both blocks as long as their texts may be with white space, and as much again around them.
    private const int MaximumLength = 2 * (StatusListReader.MaximumRawLength + CodeText.MaximumRawLength);

    private const string Dashes = "-----";

    // Not made anew for each mark: a file may have nothing but halves of them.
    private static readonly string[] Labels = [CodeLabel, StatusListLabel];

    private const char ByteOrderMark = '\uFEFF';

    private readonly LicenseFileFault? _fault;
    private string? _code;
    private string? _statusList;

    private LicenseFile(LicenseFileFault? fault) => _fault = fault;

    /// <summary>
    /// True if the text has the form of a license file, or no block at all; then there is a code, a status list or both. False if it is empty, far too long, cut
    /// off, or has two codes or two lists: then there is neither, as nobody can say which one counts.
    /// </summary>
    public bool IsWellFormed => _fault is null;

    /// <summary>What is wrong with the form, or null.</summary>
    internal LicenseFileFault? Fault => _fault;

    /// <summary>Takes a text apart. White space, a byte order mark, mail around the blocks and the marks of quoted mail before lines do not matter.</summary>
    /// <param name="text">Any text; null is as good as an empty one.</param>
    /// <returns>The file; never null. Never throws.</returns>
    public static LicenseFile Parse(string? text)
    {
        if (text is null || IsBlank(text))
        {
            return new LicenseFile(LicenseFileFault.Empty);
        }

        if (text.Length > MaximumLength)
        {
            return new LicenseFile(LicenseFileFault.TooLong);
        }

        return ParseBlocks(text);
    }

    /// <summary>
    /// The license code, for <see cref="LicenseVerifier"/>: of a block without white space, else the whole text; null when there is none. A credential: do not log
    /// it. A method, because what writes objects into logs reads properties.
    /// </summary>
    /// <returns>The text, unchecked, or null.</returns>
    public string? GetCode() => _code;

    /// <summary>The status list, for <see cref="LicenseVerifier.CheckStatusList"/>, without white space; null when there is none.</summary>
    /// <returns>The text, unchecked, or null.</returns>
    public string? GetStatusList() => _statusList;

    /// <summary>Whether the text has the form of a license file, and if not, why; holds no part of it.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed: use <see cref="IsWellFormed"/>.</returns>
    public string GetEvidence(LicenseLanguage language) => LicenseTexts.Evidence(_fault, language);

    /// <summary>What is in it; never the texts.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => _fault is { } fault
        ? $"{fault}"
        : (_code, _statusList) switch { (null, _) => "status list", (_, null) => "code", _ => "code, status list" };

    private static bool IsBlank(string text)
    {
        foreach (var character in text)
        {
            if (character != ByteOrderMark && !char.IsWhiteSpace(character))
            {
                return false;
            }
        }

        return true;
    }

    // The marks are looked for anywhere and not by lines: a form that takes one line only has put them into one.
    private static LicenseFile ParseBlocks(string text)
    {
        var file = new LicenseFile(fault: null);
        string? open = null;
        var bodyStart = 0;
        var found = false;
        for (var at = text.IndexOf(Dashes, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Dashes, at, StringComparison.Ordinal))
        {
            if (!TryReadMark(text, at, out var isBegin, out var label, out var end))
            {
                at++;
                continue;
            }

            found = true;
            if (isBegin != (open is null) || (open is not null && open != label))
            {
                return new LicenseFile(LicenseFileFault.HalfArmor);
            }

            if (isBegin)
            {
                (open, bodyStart) = (label, end);
            }
            else
            {
                var isCode = label == CodeLabel;
                if ((isCode ? file._code : file._statusList) is not null)
                {
                    return new LicenseFile(isCode ? LicenseFileFault.RepeatedCode : LicenseFileFault.RepeatedStatusList);
                }

                var body = Unwrap(text, bodyStart, at);
                file._code = isCode ? body : file._code;
                file._statusList = isCode ? file._statusList : body;
                open = null;
            }

            at = end;
        }

        if (open is not null)
        {
            return new LicenseFile(LicenseFileFault.HalfArmor);
        }

        if (!found)
        {
            file._code = text[0] == ByteOrderMark ? text.Substring(1) : text;
        }

        return file;
    }

    private static bool TryReadMark(string text, int at, out bool isBegin, [NotNullWhen(true)] out string? label, out int end)
    {
        label = null;
        end = at + Dashes.Length;
        isBegin = TryReadWords(text, "BEGIN", ref end);
        if (!isBegin && !TryReadWords(text, "END", ref end))
        {
            return false;
        }

        foreach (var known in Labels)
        {
            var position = end;
            if (TryReadWords(text, " ", ref position) && TryReadWords(text, known, ref position) && TryReadWords(text, Dashes, ref position))
            {
                (label, end) = (known, position);
                return true;
            }
        }

        return false;
    }

    // A space in the words stands for any white space, where a line may have been broken and quoted.
    private static bool TryReadWords(string text, string words, ref int position)
    {
        var at = position;
        foreach (var expected in words)
        {
            if (expected == ' ')
            {
                var start = at;
                while (at < text.Length && (IsWhiteSpace(text[at]) || text[at] == '>'))
                {
                    at++;
                }

                if (at == start)
                {
                    return false;
                }
            }
            else if (at == text.Length || text[at++] != expected)
            {
                return false;
            }
        }

        position = at;
        return true;
    }

    // Without white space, and without the marks that a mail program puts before the lines that it quotes. All else stays, for the verifier to name.
    private static string Unwrap(string text, int start, int end)
    {
        var body = new StringBuilder(end - start);
        var isLineStart = false;
        for (var i = start; i < end; i++)
        {
            var character = text[i];
            if (IsWhiteSpace(character))
            {
                isLineStart |= character is '\r' or '\n';
            }
            else if (!isLineStart || character != '>')
            {
                body.Append(character);
                isLineStart = false;
            }
        }

        return body.ToString();
    }

    private static bool IsWhiteSpace(char character) => character is ' ' or '\t' or '\r' or '\n';
}
