using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>
/// Asks the marketplace how codes stand (protocol sections 4c and 4d) and has done what follows (<see cref="CodeReconciliation"/>), through the same decisions as its
/// calls. In the background: who uses a code waits for none of it. Thread-safe.
/// </summary>
internal sealed partial class CodeHeartbeat(
    IMarketplaceCodeStore store,
    ILicenseStore licenseStore,
    LicenseService licenses,
    SellerAccounts accounts,
    RecordedOpenApi openApi,
    IOptions<MarketplaceOptions> options,
    TimeProvider time,
    ILogger<CodeHeartbeat> logger)
{
    /// <summary>So many codes are asked about in a second.</summary>
    public const int MostASecond = 5;

    /// <summary>A code is asked about again after this time, by itself.</summary>
    public static readonly TimeSpan AskedAgainAfter = TimeSpan.FromHours(12);

    private const int BatchSize = 50;

    private static readonly TimeSpan LongestQuery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private readonly OutgoingPace _pace = new(MostASecond, time);

    /// <summary>Asks about all codes that it is time for.</summary>
    public async Task AskDueAsync(CancellationToken cancellationToken)
    {
        string[] asked = [.. accounts.All.Where(static account => account.OpenApi.IsConfigured).Select(static account => account.Name)];
        while (true)
        {
            var now = Now();
            var due = await store.ClaimToAskAsync(BatchSize, asked, now, now - AskedAgainAfter, cancellationToken);
            if (due.Count == 0)
            {
                return;
            }

            foreach (var code in due)
            {
                await AskAsync(code, cancellationToken);
            }
        }
    }

    /// <summary>Asks about one code.</summary>
    public async Task AskAsync(CodeToAsk asked, CancellationToken cancellationToken)
    {
        if (accounts.Find(asked.Account) is not { OpenApi.IsConfigured: true } account || !await _pace.TryEnterAsync(LongestWait, cancellationToken))
        {
            return;
        }

        var answer = await openApi.QueryCodeAsync(account, asked.Code, asked.LicenseId, LongestQuery, cancellationToken);
        CodeStatus? status = answer.Standing switch
        {
            CodeStanding.Alive => CodeStatus.Alive,
            CodeStanding.Expired => CodeStatus.Expired,
            CodeStanding.Released => CodeStatus.Released,
            _ => null,
        };
        if (status is null)
        {
            // The journal has it; it is asked again.
            return;
        }

        var theirs = new TheirCode(
            status.Value,
            answer.ExpireTime is { } text && ExpireTime.TryParse(text, options.Value.ExpireTimeOffset, out var expiresAt) ? expiresAt : null);
        await ReconcileAsync(asked, theirs, cancellationToken);
    }

    private async Task ReconcileAsync(CodeToAsk asked, TheirCode theirs, CancellationToken cancellationToken)
    {
        if (await licenseStore.FindLicenseAsync(asked.LicenseId, [], cancellationToken) is not { Record.License: var license })
        {
            return;
        }

        // Read after the license, and not before the question: a renewal may have come while the marketplace was asked, and one that comes from now on has another end.
        var endKnownBy = await store.FindEndKnownByAsync(asked.LicenseId, cancellationToken) ?? asked.EndKnownBy;
        var source = new CallSource(CallSource.Marketplace, RecordedOpenApi.QueryCode);
        var command = CodeReconciliation.CommandFor(license, endKnownBy, theirs, asked.Before, source, MarketplacePolicy.Calls, Now());
        if (command is not null && (await licenses.ExecuteAsync(new LicenseTarget(asked.LicenseId), command, cancellationToken)).Record is { License: var changed })
        {
            license = changed;
        }

        var now = Now();
        var differs = (asked.IsGuessed && license.StateAt(now) is LicenseState.Active or LicenseState.Frozen) || CodeReconciliation.Differs(license, theirs, now);
        if (await store.KeepTheirsAsync(asked.LicenseId, theirs, differs, now, cancellationToken))
        {
            LogDrift(
                asked.LicenseId, asked.Account, license.StateAt(now).ToWord(), license.ExpiresAt, theirs.Status.ToString().ToUpperInvariant(), theirs.ExpiresAt);
        }
    }

    private DateTimeOffset Now() => LicenseTime.CutToMillisecond(time.GetUtcNow());

    [LoggerMessage(LogLevel.Warning, "License {LicenseId} of account {Account} differs from what the marketplace says of its code: here {State} until {ExpiresAt:O}, there {Status} until {ExpireTime:O}. Compare it with the seller centre; /admin/v1/marketplace/drift has it until that is gone.")]
    private partial void LogDrift(string licenseId, string account, string state, DateTimeOffset? expiresAt, string status, DateTimeOffset? expireTime);
}

/// <summary>Asks now and then about the codes that it is time for.</summary>
internal sealed partial class CodeHeartbeatService(CodeHeartbeat heartbeat, TimeProvider time, ILogger<CodeHeartbeatService> logger)
    : PollingService(Interval, lookAtStart: false, time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => heartbeat.AskDueAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    [LoggerMessage(LogLevel.Warning, "The marketplace could not be asked about its codes, tried again every 10 minutes: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
