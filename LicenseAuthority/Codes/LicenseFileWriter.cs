using System.Text;

namespace LicenseAuthority.Codes;

/// <summary>Writes license files (<c>.lic</c>): the code in an armor, and the newest status list where there is one. All that an air-gapped machine needs.</summary>
internal static class LicenseFileWriter
{
    private const int LineLength = 64;

    /// <summary>The text of a file, in ASCII, with line feeds.</summary>
    /// <param name="code">A license code.</param>
    /// <param name="statusList">A status list's token; null = none.</param>
    public static string Write(string code, string? statusList)
    {
        var text = new StringBuilder();
        Append(text, "LICENSE CODE", code);
        if (statusList is not null)
        {
            Append(text, "STATUS LIST", statusList);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string label, string content)
    {
        text.Append("-----BEGIN ").Append(label).Append("-----\n");
        for (var start = 0; start < content.Length; start += LineLength)
        {
            text.Append(content.AsSpan(start, Math.Min(LineLength, content.Length - start))).Append('\n');
        }

        text.Append("-----END ").Append(label).Append("-----\n");
    }
}
