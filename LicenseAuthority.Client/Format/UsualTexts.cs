namespace LicenseAuthority.Client.Format;

/// <summary>
/// The names of claims and what each header says: texts that nearly every code has, so that they are not made anew for each. Which these are changes no answer.
/// </summary>
internal static class UsualTexts
{
    private static readonly string[] All =
    [
        "alg", "typ", "kid", "cert", "EdDSA", CodeHeader.LicenseCodeType, CodeHeader.StatusListType,
        "iss", "aud", "sub", "gen", "iat", "nbf", "exp", "grace", "cus", "cn", "qty", "ent", "dev", "devk", "lease", "term", "test", "trial", "act",
        "status", "status_list", "idx", "uri", "bits", "lst", "ttl", "seq",
    ];

    /// <summary>The text of these first characters, if it is one of them; else null.</summary>
    public static string? Find(char[] units, int length)
    {
        foreach (var text in All)
        {
            if (text.Length == length && text[0] == units[0] && IsAt(units, text))
            {
                return text;
            }
        }

        return null;
    }

    private static bool IsAt(char[] units, string text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (units[i] != text[i])
            {
                return false;
            }
        }

        return true;
    }
}
