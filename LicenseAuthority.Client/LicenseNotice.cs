namespace LicenseAuthority.Client;

/// <summary>
/// Something that does not stop the software yet, and will if nobody looks at it; or that explains why a <see cref="LicenseGuard"/> does less than it could.
/// Immutable and thread-safe.
/// </summary>
public sealed class LicenseNotice
{
    internal LicenseNotice(LicenseNoticeKind kind, DateTimeOffset since, string subject = "")
    {
        Kind = kind;
        Since = since;
        Subject = subject;
    }

    /// <summary>What it is about.</summary>
    public LicenseNoticeKind Kind { get; }

    /// <summary>Since when. UTC.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>A date or a word that its text names; or empty.</summary>
    internal string Subject { get; }

    /// <summary>Why a code at hand is of no use, where it is about that; null: it could not be read.</summary>
    internal LicenseCheck? Refusal { get; init; }

    /// <summary>What it is, for a user or an administrator; one sentence.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed: use <see cref="Kind"/>.</returns>
    public string GetText(LicenseLanguage language) => GuardTexts.Notice(this, language);

    /// <summary>What can be done about it.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty.</returns>
    public string GetAdvice(LicenseLanguage language) => GuardTexts.Advice(Kind, language);

    /// <summary>The kind.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => Kind.ToString();
}
