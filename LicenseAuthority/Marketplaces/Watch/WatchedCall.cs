namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>A call of the marketplace's that was authenticated and has its answer, as far as it could be read. Texts are as they may be stored. Immutable.</summary>
internal sealed record WatchedCall
{
    /// <summary>Its id, the same as in the journal.</summary>
    public required string Id { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    public required string Account { get; init; }

    /// <summary>What kind of call it is.</summary>
    public required CallHabit Habit { get; init; }

    /// <summary>A debug case: it counts as a dial test, and as nothing else.</summary>
    public bool Test { get; init; }

    public required CallEnding Ending { get; init; }

    /// <summary>Whether the caller was still there when the answer was ready.</summary>
    public bool CallerWaited { get; init; } = true;

    /// <summary>From the first byte of the call until its answer was ready.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Null where the call names none that can be read, here and below.</summary>
    public string? OrderId { get; init; }

    public string? OrderLineId { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>The marketplace's product id.</summary>
    public string? ProductId { get; init; }

    /// <summary>The marketplace's id of the customer.</summary>
    public string? CustomerId { get; init; }

    public string? CustomerName { get; init; }

    public required string ResultCode { get; init; }

    public required string ResultMsg { get; init; }

    /// <summary>A digest of what makes it the same call again, however it is signed and whenever it comes.</summary>
    public required string SameCall { get; init; }

    /// <summary>Says which call, not whose.</summary>
    public override string ToString() => $"{Habit.Activity} {ResultCode}";
}

/// <summary>How a call was answered.</summary>
internal enum CallEnding
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>It is being worked on.</summary>
    InProgress,

    /// <summary>It failed, whoever is at fault.</summary>
    Failed,

    /// <summary>The customer asked for more than was bought, and heard so: nothing has to be mended here.</summary>
    Declined,
}
