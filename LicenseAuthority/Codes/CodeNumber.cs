using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Codes;

/// <summary>
/// Which code a text claims to be: its <c>sub</c> and <c>gen</c>, with nothing verified. Good only for looking up the code that has this number, whose
/// text must then be the same.
/// </summary>
/// <param name="LicenseId">License id.</param>
/// <param name="Generation">Number of the code within the license, from 1.</param>
internal readonly record struct CodeNumber(string LicenseId, int Generation)
{
    private const int LongestLicenseId = 64;

    /// <summary>Reads it, by the reader that ships inside licensed software; null when there is none, or none that could have been issued here.</summary>
    public static CodeNumber? Read(CodeText code)
    {
        if (code.ReadPayload(out _) is not { } payload)
        {
            return null;
        }

        var claims = new MemberReader(payload, CodePart.Payload);
        var licenseId = claims.RequiredText("sub", LongestLicenseId);
        var generation = (int)claims.RequiredInteger("gen", 1, int.MaxValue);

        // No other character is in an id of ours, and not every database takes every character.
        return claims.Fault is null && licenseId.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_')
            ? new CodeNumber(licenseId, generation)
            : null;
    }
}
