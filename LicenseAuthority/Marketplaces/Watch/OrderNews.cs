namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>What happened to an order on this node since it was written down last. Immutable: each call gives the next one.</summary>
/// <param name="Key">Which order.</param>
internal sealed record OrderNews(OrderSeen Key)
{
    public string Activity { get; init; } = "";

    public string ProductId { get; init; } = "";

    public string? CustomerId { get; init; }

    public string? CustomerName { get; init; }

    /// <summary>How often it failed; 0 = it only was served, or waits.</summary>
    public int Attempts { get; init; }

    public DateTimeOffset FirstAt { get; init; }

    public DateTimeOffset LastAt { get; init; }

    /// <summary>Until then the marketplace repeats, if the first of these failures is the order's first.</summary>
    public DateTimeOffset FailsAt { get; init; }

    /// <inheritdoc cref="FailedOrder.IsUnheard"/>
    public bool IsUnheard { get; init; }

    /// <summary>After the last failure the marketplace heard that the order is being worked on.</summary>
    public bool WasHeard { get; init; }

    public string? ResultCode { get; init; }

    public string? ResultMsg { get; init; }

    /// <summary>When it was served after the last failure; null = it was not.</summary>
    public DateTimeOffset? ServedAt { get; init; }

    /// <inheritdoc cref="FailedOrder.LastCallId"/>
    public string LastCallId { get; init; } = "";

    /// <summary>After one more call.</summary>
    public OrderNews After(WatchedCall call, CallVerdict verdict)
    {
        var next = this with { LastCallId = call.Id, ServedAt = null };
        return verdict switch
        {
            CallVerdict.Served => next with { ServedAt = call.At + call.Elapsed },
            CallVerdict.Waits => next with { WasHeard = true },
            _ => next with
            {
                Activity = call.Habit.Activity,
                ProductId = call.ProductId ?? ProductId,
                CustomerId = call.CustomerId ?? CustomerId,
                CustomerName = call.CustomerName ?? CustomerName,
                Attempts = Attempts + 1,
                FirstAt = Attempts == 0 ? call.At : FirstAt,
                FailsAt = Attempts == 0 ? WatchRules.RepeatedUntil(call.At, call.Habit) : FailsAt,
                LastAt = call.At,
                IsUnheard = verdict == CallVerdict.Unheard,
                WasHeard = false,
                ResultCode = call.ResultCode,
                ResultMsg = verdict == CallVerdict.Unheard ? Describe(call) : call.ResultMsg,
            },
        };
    }

    /// <summary>As it is written down where nothing was before; null = it did not fail.</summary>
    public FailedOrder? Begin(WatchPolicy policy) => Attempts == 0
        ? null
        : new FailedOrder(Key, WatchRules.MonthOf(FirstAt, policy), ProductId, Activity, FirstAt, FailsAt)
        {
            LastAt = LastAt,
            Attempts = Attempts,
            IsUnheard = IsUnheard && !WasHeard,
            ResultCode = ResultCode,
            ResultMsg = ResultMsg,
            CustomerId = CustomerId,
            CustomerName = CustomerName,
            RecoveredAt = ServedAt,
            LastCallId = LastCallId,
        };

    // What was answered is no failure: that it did not arrive is.
    private static string Describe(WatchedCall call) => call.CallerWaited
        ? FormattableString.Invariant($"the answer took {call.Elapsed.TotalSeconds:0.0} s, and the marketplace had given up: {call.ResultMsg}")
        : $"the marketplace had closed the connection before the answer: {call.ResultMsg}";
}
