using System.Diagnostics.CodeAnalysis;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client;

/// <summary>The answer of <see cref="LicenseVerifier.CheckStatusList"/>: the list, or why there is none. Immutable. The default value is a refusal.</summary>
public readonly struct StatusListCheck
{
    internal StatusListCheck(DateTimeOffset checkedAt, LicenseStatusList list)
    {
        Outcome = LicenseOutcome.Valid;
        CheckedAt = checkedAt;
        List = list;
    }

    internal StatusListCheck(DateTimeOffset checkedAt, CodeFault fault)
    {
        Outcome = fault.Outcome;
        CheckedAt = checkedAt;
        Fault = fault;
    }

    /// <summary>
    /// <see cref="LicenseOutcome.Valid"/>: genuine; else <see cref="LicenseOutcome.Malformed"/>, <see cref="LicenseOutcome.UntrustedKey"/> or
    /// <see cref="LicenseOutcome.BadSignature"/>.
    /// </summary>
    public LicenseOutcome Outcome { get; }

    /// <summary>True if, and only if, the list is genuine. Whether it is fresh enough is the caller's to judge.</summary>
    [MemberNotNullWhen(true, nameof(List))]
    public bool IsGenuine => Outcome == LicenseOutcome.Valid;

    /// <summary>The list; null unless it is genuine.</summary>
    public LicenseStatusList? List { get; }

    /// <summary>The present time, by the verifier's clock. UTC.</summary>
    public DateTimeOffset CheckedAt { get; }

    internal CodeFault? Fault { get; }

    /// <summary>What was found, in one or two sentences for a support log; holds no part of the text.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed: use <see cref="Outcome"/>.</returns>
    public string GetEvidence(LicenseLanguage language) => LicenseTexts.Evidence(this, language);
}
