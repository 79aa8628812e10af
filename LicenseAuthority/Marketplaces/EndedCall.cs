namespace LicenseAuthority.Marketplaces;

/// <summary>
/// An authenticated call between a marketplace and this authority that has ended, for the <see cref="CallJournal"/>. Immutable, and made of what was there
/// anyway. All words are as they came; the journal cuts and redacts them.
/// </summary>
internal sealed record EndedCall
{
    /// <summary>Its id, where others speak of it too; null = it gets one when it is stored.</summary>
    public string? Id { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    public required CallDirection Direction { get; init; }

    /// <summary>The seller's account.</summary>
    public required string Account { get; init; }

    /// <summary>What was asked for, in the marketplace's word.</summary>
    public required string Activity { get; init; }

    /// <summary>Whether it was about a test order.</summary>
    public bool Test { get; init; }

    /// <summary>Null where the call names none, here and below.</summary>
    public string? OrderId { get; init; }

    public string? OrderLineId { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>How it was answered: of a call in by this authority, of a call out by the marketplace. Null = without one.</summary>
    public string? ResultCode { get; init; }

    public string? ResultMsg { get; init; }

    /// <summary>Null = there was no answer.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>From its beginning until the answer was ready, or had been read.</summary>
    public required TimeSpan Duration { get; init; }

    public CallContent Request { get; init; }

    public CallContent Answer { get; init; }

    /// <summary>Of a call in: which access key it was signed with, the first 8 hexadecimal digits of the key's SHA-256. Never a key.</summary>
    public string? AccessKeyId { get; init; }

    /// <summary>Of a call out: why it failed, for people; null = it succeeded.</summary>
    public string? Error { get; init; }

    /// <summary>Of an upload: the message in the outbox that had it sent, by which it can be sent again.</summary>
    public string? MessageId { get; init; }

    /// <summary>Says which call, not what was in it.</summary>
    public override string ToString() => $"{CallWords.Directions.WordOf(Direction)} {Activity} {ResultCode}";
}
