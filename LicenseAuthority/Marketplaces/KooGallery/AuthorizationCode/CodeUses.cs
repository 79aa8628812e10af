using System.Collections.Concurrent;
using System.Threading.Channels;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>
/// Asks about a code at its first activation and at its first refresh of each day, as the marketplace wants it (protocol section 4c), behind those who use it. What does
/// not fit in here is asked about by <see cref="CodeHeartbeatService"/>. Thread-safe.
/// </summary>
internal sealed partial class CodeUses(CodeHeartbeat heartbeat, IMarketplaceCodeStore store, SellerAccounts accounts, TimeProvider time, ILogger<CodeUses> logger)
    : BackgroundService, ICodeUses
{
    // The marketplace's days are Beijing's.
    private static readonly TimeSpan Zone = TimeSpan.FromHours(8);

    private const int MostWaiting = 10_000;
    private const int MostRemembered = 200_000;

    private readonly bool _canAsk = accounts.All.Any(static account => account.OpenApi.IsConfigured);
    private readonly Channel<(string LicenseId, CodeUse Use, long Day)> _waiting =
        Channel.CreateBounded<(string, CodeUse, long)>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private volatile Seen _seen = new(0);

    /// <inheritdoc/>
    public void Used(string licenseId, CodeUse use)
    {
        if (!_canAsk)
        {
            return;
        }

        var day = (long)(time.GetUtcNow() + Zone - DateTimeOffset.UnixEpoch).TotalDays;
        var seen = _seen;
        if (seen.Day != day)
        {
            _seen = seen = new Seen(day);
        }

        if (seen.Uses.Count < MostRemembered && seen.Uses.TryAdd((licenseId, use), true) && !_waiting.Writer.TryWrite((licenseId, use, day)))
        {
            seen.Uses.TryRemove((licenseId, use), out _);
        }
    }

    /// <summary>Asks about all that wait, in the place of the loop.</summary>
    public async Task AskWaitingAsync(CancellationToken cancellationToken)
    {
        while (_waiting.Reader.TryRead(out var used))
        {
            await AskAsync(used.LicenseId, used.Use, used.Day, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (licenseId, use, day) in _waiting.Reader.ReadAllAsync(stoppingToken))
            {
                await AskAsync(licenseId, use, day, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; that is no failure.
        }
    }

    private async Task AskAsync(string licenseId, CodeUse use, long day, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.BeginUseAsync(licenseId, use, day, LicenseTime.CutToMillisecond(time.GetUtcNow()), cancellationToken) is { } code)
            {
                await heartbeat.AskAsync(code, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (!StoreFaults.IsReported(exception))
            {
                LogFailed(licenseId, exception.GetType().Name, exception.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The marketplace was not asked about the code of license {LicenseId} ({Fault}: {Reason}); it is asked again tomorrow, or by itself.")]
    private partial void LogFailed(string licenseId, string fault, string reason);

    private sealed class Seen(long day)
    {
        public long Day { get; } = day;

        public ConcurrentDictionary<(string LicenseId, CodeUse Use), bool> Uses { get; } = new();
    }
}
