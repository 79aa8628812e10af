using System.Text;
using LicenseAuthority.Client;

namespace LicenseAuthority.Codes;

/// <summary>
/// Writes license files, <c>.lic</c>: what <see cref="LicenseFile"/> reads (docs/license-code-format.md, "License files"). ASCII, lines of at most 64 characters,
/// a line feed behind each. Pure.
/// </summary>
internal static class LicenseFileWriter
{
    /// <summary>The media type of a license file.</summary>
    public const string MediaType = "application/vnd.license-authority.lic";

    /// <summary>Most characters of a text in one line.</summary>
    public const int LineLength = 64;

    /// <summary>The file of a code, with a status list unless that is null; both in JWS compact form.</summary>
    public static string Write(string code, string? statusList)
    {
        var file = new StringBuilder();
        WriteBlock(file, LicenseFile.CodeLabel, code);
        if (statusList is not null)
        {
            WriteBlock(file, LicenseFile.StatusListLabel, statusList);
        }

        return file.ToString();
    }

    private static void WriteBlock(StringBuilder file, string label, string text)
    {
        file.Append("-----BEGIN ").Append(label).Append("-----\n");
        for (var start = 0; start < text.Length; start += LineLength)
        {
            file.Append(text, start, Math.Min(LineLength, text.Length - start)).Append('\n');
        }

        file.Append("-----END ").Append(label).Append("-----\n");
    }
}
