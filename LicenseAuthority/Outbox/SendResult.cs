namespace LicenseAuthority.Outbox;

/// <summary>How an attempt ended. Texts hold no secret: operators read them.</summary>
/// <param name="Outcome">What follows from it.</param>
/// <param name="Status">The HTTP status; null = there was no answer.</param>
/// <param name="Error">Why it failed; null = it succeeded.</param>
/// <param name="Answer">The beginning of the answer's body, at most 1 KiB; null = none.</param>
/// <param name="RetryAfter">How long the receiver asks us to wait; null = it does not say.</param>
internal sealed record SendResult(SendOutcome Outcome, int? Status, string? Error, string? Answer = null, TimeSpan? RetryAfter = null)
{
    /// <summary>It may have arrived, and the answer was lost. Later attempts know: <see cref="ClaimedMessage.LostAnswers"/>.</summary>
    public bool IsAnswerLost { get; init; }
}

/// <summary>What follows from an attempt.</summary>
internal enum SendOutcome
{
    Delivered,

    /// <summary>To be tried again later.</summary>
    Failed,

    /// <summary>Refused for good: this message is dead-lettered, the others go on. Who sends has told whoever needs to know.</summary>
    Refused,

    /// <summary>The destination wants nothing more: this message and all others for it are dead-lettered, and the sender closes it.</summary>
    Gone,
}
