namespace LicenseAuthority.Marketplaces;

/// <summary>A call as the journal keeps it: redacted, and with a name.</summary>
internal sealed record CallRecord
{
    /// <summary><c>call_</c> and a ULID of <see cref="At"/>: ids sort by time.</summary>
    public string Id { get; init; } = "";

    public DateTimeOffset At { get; init; }

    public CallDirection Direction { get; init; }

    public string Account { get; init; } = "";

    public string Activity { get; init; } = "";

    public bool Test { get; init; }

    public string? OrderId { get; init; }

    public string? OrderLineId { get; init; }

    public string? InstanceId { get; init; }

    public string? ResultCode { get; init; }

    public string? ResultMsg { get; init; }

    public int? HttpStatus { get; init; }

    /// <summary>In milliseconds.</summary>
    public long DurationMs { get; init; }

    /// <summary>The process that answered or called.</summary>
    public string Node { get; init; } = "";

    /// <summary>A JSON object, or null.</summary>
    public string? Request { get; init; }

    /// <summary>A JSON object, or null.</summary>
    public string? Answer { get; init; }

    /// <inheritdoc cref="EndedCall.MessageId"/>
    public string? MessageId { get; init; }

    /// <summary>Says which call, not what was in it.</summary>
    public override string ToString() => $"call {Id}";
}

/// <summary>Which calls are asked for; null = whatever it is.</summary>
/// <param name="Account">The account.</param>
/// <param name="Direction">The direction.</param>
/// <param name="Activity">The marketplace's word.</param>
/// <param name="ResultCode">How it was answered.</param>
/// <param name="OrderId">The order.</param>
/// <param name="InstanceId">The instance.</param>
/// <param name="From">Begun at this instant or later.</param>
/// <param name="To">Begun before this instant.</param>
internal sealed record CallFilter(
    string? Account, CallDirection? Direction, string? Activity, string? ResultCode, string? OrderId, string? InstanceId, DateTimeOffset? From, DateTimeOffset? To);
