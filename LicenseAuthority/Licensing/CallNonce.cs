namespace LicenseAuthority.Licensing;

/// <summary>
/// A signed request that counts once, known by the nonce that its caller gave it. The same nonce with the same content is the same request again, with another
/// content it is none.
/// </summary>
/// <param name="Account">Whose nonces: each account has its own.</param>
/// <param name="Hash">SHA-256 of the nonce, which may be of any length.</param>
/// <param name="ContentHash">SHA-256 of what was sent under it.</param>
/// <param name="At">When it came.</param>
internal sealed record CallNonce(string Account, byte[] Hash, byte[] ContentHash, DateTimeOffset At);

/// <summary>A nonce that is used up by a call that has an effect, in the transaction of that effect.</summary>
/// <param name="Nonce">The nonce.</param>
/// <param name="AnswerTo">What will be answered, by what becomes of the call: kept, and answered again.</param>
internal sealed record UsedNonce(CallNonce Nonce, Func<CommandOutcome, string> AnswerTo)
{
    /// <summary>What is stored once it is known what becomes of the call.</summary>
    public AnsweredNonce Answered(CommandOutcome outcome) => new(Nonce, AnswerTo(outcome));
}

/// <summary>A nonce with the answer that its call got.</summary>
internal sealed record AnsweredNonce(CallNonce Nonce, string Answer);

/// <summary>Where nonces are kept that came with an effect. What stores the effect stores the nonce, see <see cref="LicenseCommit.Nonce"/>.</summary>
internal interface INonceStore
{
    /// <summary>What was answered under the nonce, with the SHA-256 of what was sent; null when it was not used.</summary>
    ValueTask<EarlierAnswer?> FindAsync(CallNonce nonce, CancellationToken cancellationToken);

    /// <summary>Deletes some of those that are further from now than this, in the past or ahead, from a time when the clock was. True: there may be more.</summary>
    Task<bool> DeleteOldAsync(DateTimeOffset now, TimeSpan within, CancellationToken cancellationToken);
}

/// <summary>What was answered before.</summary>
/// <param name="ContentHash">SHA-256 of what had been sent.</param>
/// <param name="Answer">The answer.</param>
internal sealed record EarlierAnswer(byte[] ContentHash, string Answer);
