namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>
/// Calls of a marketplace that name its code: they are done on the code's license, or, as long as it has none, kept and done with it. Thread-safe.
/// </summary>
internal sealed partial class MarketplaceCodeCalls(
    IMarketplaceCodeStore store, LicenseService licenses, TimeProvider time, ILogger<MarketplaceCodeCalls> logger)
{
    private readonly RecentlyTold<string> _told = new(time);

    /// <summary>Has a call done, or keeps it.</summary>
    /// <param name="account">Who calls.</param>
    /// <param name="code">The code that it names.</param>
    /// <param name="saysTest">It says that it is a debug case: it never touches a real license.</param>
    /// <param name="command">What it asks: a new end, a hold, the end of one, or a release.</param>
    /// <param name="cancellationToken">Withdraws it before it is stored.</param>
    /// <exception cref="StoreBusyException">Nothing was stored; repeat the call.</exception>
    /// <exception cref="SigningException">Nothing was stored; repeat the call.</exception>
    public Task<CodeCallResult> ExecuteAsync(
        string account, MarketplaceCode code, bool saysTest, LicenseCommand command, CancellationToken cancellationToken) =>
        LicenseService.UntilStoredAsync(async () =>
        {
            if (await store.FindLicenseIdAsync(account, code, cancellationToken) is { } licenseId)
            {
                var result = await licenses.ExecuteAsync(new LicenseTarget(licenseId, account, saysTest), command, cancellationToken);
                return new CodeCallResult(result.Outcome) { LicenseId = result.Record?.License.Id };
            }

            var call = KeptCall.Of(command, LicenseTime.CutToMillisecond(time.GetUtcNow()));
            switch (await store.KeepAsync(account, saysTest, code, call, command.Nonce?.Answered(CommandOutcome.Noted), cancellationToken))
            {
                case KeepOutcome.Kept or KeepOutcome.Known:
                    return CodeCallResult.Kept;
                case KeepOutcome.TooMany:
                    if (_told.IsNews($"{account} {code.Alias}"))
                    {
                        LogTooMany(account, code, KeptCallRules.Most, command.Source.Activity, command.Source.OrderId);
                    }

                    return CodeCallResult.TooMany;
                default:
                    return null;
            }
        });

    [LoggerMessage(LogLevel.Error, "ALARM: account {Account}, {Code}, which was not activated yet, has {Most} calls that wait for that: {Activity} of order {OrderId} is refused. Ask the marketplace why it calls so often.")]
    private partial void LogTooMany(string account, MarketplaceCode code, int most, string activity, string? orderId);
}

/// <summary>What became of a call that names a code.</summary>
/// <param name="Outcome">On the license; null = there is none yet.</param>
internal sealed record CodeCallResult(CommandOutcome? Outcome)
{
    /// <summary>It waits for the license.</summary>
    public static readonly CodeCallResult Kept = new((CommandOutcome?)null);

    /// <summary>Too many wait for the license: it is lost unless it is repeated later.</summary>
    public static readonly CodeCallResult TooMany = new((CommandOutcome?)null) { IsTooMany = true };

    public bool IsTooMany { get; private init; }

    /// <summary>The license that it is about, as far as the caller may know; or null.</summary>
    public string? LicenseId { get; init; }
}
