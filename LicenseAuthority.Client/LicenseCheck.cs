using System.Diagnostics.CodeAnalysis;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Status;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client;

/// <summary>
/// The answer of one <see cref="LicenseVerifier"/> check: the outcome, and what to tell the user. Texts are made when they are read, so a
/// check that only looks at <see cref="IsValid"/> costs no allocation. Immutable and thread-safe. The default value is a refusal.
/// </summary>
public readonly struct LicenseCheck
{
    private readonly CodeFault? _fault;
    private readonly string? _productId;
    private readonly int _deviceMatches;
    private readonly StatusFinding _status;
    private readonly ClockReading _clock;

    internal LicenseCheck(
        LicenseOutcome outcome, in ClockReading clock, LicenseCode license, string productId, int deviceMatches, in StatusFinding status)
    {
        Outcome = outcome;
        _clock = clock;
        License = license;
        _productId = productId;
        _deviceMatches = deviceMatches;
        _status = status;
    }

    internal LicenseCheck(DateTimeOffset checkedAt, CodeFault fault)
    {
        Outcome = fault.Outcome;
        _clock = ClockReading.At(checkedAt);
        _fault = fault;
    }

    /// <summary>The same check, where the authority was asked and named the license over; for showing only.</summary>
    internal LicenseCheck(in LicenseCheck check, bool isConfirmed)
    {
        this = check;
        IsConfirmed = isConfirmed;
    }

    /// <summary>What was found out.</summary>
    public LicenseOutcome Outcome { get; }

    /// <summary>True if, and only if, <see cref="Outcome"/> is <see cref="LicenseOutcome.Valid"/>: the software may be used.</summary>
    [MemberNotNullWhen(true, nameof(License))]
    public bool IsValid => Outcome == LicenseOutcome.Valid;

    /// <summary>
    /// What the code says; null unless it is genuine, that is, signed by a trusted key. Not null does <em>not</em> mean usable: an expired code
    /// or one for another product is genuine too. Ask <see cref="IsValid"/>.
    /// </summary>
    public LicenseCode? License { get; }

    /// <summary>The present time, by the verifier's clock, that the check was judged by. UTC.</summary>
    public DateTimeOffset CheckedAt => _clock.Now;

    /// <summary>
    /// Since when it is not known whether the code was revoked or suspended: since the status list went stale, or, where none counts, since the code was made.
    /// Null: the list says it, or there is no genuine code. UTC.
    /// </summary>
    public DateTimeOffset? StatusUnknownSince => _status.UnknownSince;

    /// <summary>What a status list says of the code; meaningless unless the code is genuine.</summary>
    internal StatusFinding Status => _status;

    /// <summary>What is known of the clock that the check was judged by.</summary>
    internal ClockReading Clock => _clock;

    /// <summary>Why the code was refused before its claims counted; null when the chain was good.</summary>
    internal CodeFault? Fault => _fault;

    /// <summary>Whether the authority itself has said that the license is over.</summary>
    internal bool IsConfirmed { get; }

    internal string ExpectedProductId => _productId ?? "";

    internal int DeviceMatches => _deviceMatches;

    /// <summary>
    /// What was found, with the claim concerned and dates in UTC (ISO 8601). One or two sentences for a user or a support log; holds no part of the
    /// code's text.
    /// </summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed: use <see cref="Outcome"/> and <see cref="License"/>.</returns>
    public string GetEvidence(LicenseLanguage language) => LicenseTexts.Evidence(this, language);

    /// <summary>What the user can do now. One or two sentences.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed.</returns>
    public string GetAdvice(LicenseLanguage language) => LicenseTexts.Advice(this, language);

    /// <summary>
    /// All checks in their order, one a line: made and passed, made and failed, or not made because an earlier one failed; then evidence and advice. For a support
    /// log: holds no part of the code's text and no fingerprint.
    /// </summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>Lines with a line feed behind each. Not meant to be parsed.</returns>
    public string GetReport(LicenseLanguage language) => LicenseReport.Write(this, language);

    /// <summary>Outcome and license id; never the code's text.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => License is null ? Outcome.ToString() : $"{Outcome} ({License})";
}
