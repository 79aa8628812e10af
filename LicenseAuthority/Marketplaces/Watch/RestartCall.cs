namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>A call that failed and that the marketplace does not repeat by itself: an operator has it made again there, or says that it need not be.</summary>
/// <param name="CallId">The first one of it, as in the journal.</param>
/// <param name="At">When that began.</param>
/// <param name="Account">The seller's account.</param>
/// <param name="Activity">The call.</param>
/// <param name="InstanceId">What it was about, or null; here and below as far as it could be read.</param>
/// <param name="OrderId">Its order, or null.</param>
/// <param name="ResultCode">What it was answered last.</param>
/// <param name="ResultMsg">In words.</param>
internal sealed record RestartCall(
    string CallId, DateTimeOffset At, string Account, string Activity, string? InstanceId, string? OrderId, string ResultCode, string ResultMsg);

/// <summary>What happened on this node to a call that failed, and to the same call again. Immutable: each call gives the next one.</summary>
/// <param name="First">The first one that failed since this was written down last; null = none did.</param>
/// <param name="Last">The last one that failed; null = none did.</param>
/// <param name="SucceededAt">When it succeeded after that; null = it did not.</param>
internal sealed record RestartNews(WatchedCall? First, WatchedCall? Last, DateTimeOffset? SucceededAt)
{
    /// <summary>Nothing yet.</summary>
    public static readonly RestartNews None = new(null, null, null);

    /// <summary>After the same call once more.</summary>
    public RestartNews After(WatchedCall call, CallVerdict verdict) => verdict == CallVerdict.Served
        ? this with { SucceededAt = call.At + call.Elapsed }
        : new RestartNews(First ?? call, call, SucceededAt: null);
}

/// <summary>Why a call is not listed any more.</summary>
internal enum RestartEnd
{
    /// <summary>The same call succeeded.</summary>
    Succeeded,

    /// <summary>What it asked for was kept, and an operator had it applied or dismissed.</summary>
    Decided,

    /// <summary>An operator said that it need not be made again.</summary>
    Dismissed,
}
