using LicenseAuthority.Doors;

namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>
/// Watches the marketplace's calls for those that go wrong, since it delists a product for a handful of failed orders. Written behind, like the journal, and apart
/// from it: what happens is kept in memory, folded by order and call, until the store takes it, for however long that is away; what is not written is lost when the
/// process is killed, unless it was waited for (<see cref="WriteBehindService.TryFlushAsync"/>). A call that is well costs a look at two fields. Thread-safe.
/// </summary>
internal sealed partial class MarketplaceWatch(
    IWatchStore store, WatchAlarms alarms, WatchPolicy policy, NodeName node, TimeProvider time, ILogger<MarketplaceWatch> logger) : WriteBehindService(time)
{
    /// <summary>So many orders and calls are kept in memory at most.</summary>
    public const int Most = 20_000;

    // So many orders and calls are written at once: others wait for the writer.
    private const int BatchSize = 32;

    private static readonly TimeSpan NothingToDo = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Signal _signal = new();
    private readonly LogSampler _full = new(time);
    private readonly Dictionary<CountKey, CallCount> _totals = [];
    private WatchNews _news = new();

    // What the store is to take now; it is kept until it has.
    private WatchNews? _taken;
    private HashSet<OrderSeen> _openOrders = [];
    private HashSet<string> _openCalls = new(StringComparer.Ordinal);
    private volatile bool _hasOpen;

    // Rises with all that was seen or written down.
    private long _changes;

    /// <summary>Whether a call of these properties may matter: nearly none does, and then nothing need be made of it.</summary>
    /// <param name="test">It is a debug case.</param>
    /// <param name="ending">How it was answered.</param>
    /// <param name="callerWaited">Whether the caller was still there.</param>
    /// <param name="elapsed">How long the answer took.</param>
    public bool Matters(bool test, CallEnding ending, bool callerWaited, TimeSpan elapsed) =>
        _hasOpen || test || ending != CallEnding.Done || !callerWaited || elapsed > policy.SlowAnswer;

    /// <summary>Takes note of a call. Never waits and never throws.</summary>
    public void Record(WatchedCall call)
    {
        if (call.Test)
        {
            RecordTest(call);
            return;
        }

        lock (_gate)
        {
            if (call.Elapsed > policy.SlowAnswer)
            {
                Count(CountKind.Slow, call.At, call.Account, call.Habit.Activity, (long)call.Elapsed.TotalMilliseconds);
            }

            var verdict = WatchRules.Judge(call, policy);
            if (verdict != CallVerdict.Nothing)
            {
                RecordOrder(call, verdict);
                RecordRestart(call, verdict);
            }
        }

        _signal.Wake();
    }

    /// <summary>Takes note of a call that looks like the marketplace's and was not authenticated. Never waits and never throws.</summary>
    public void RecordRefused(string account)
    {
        lock (_gate)
        {
            Count(CountKind.Refused, Time.GetUtcNow(), account, "", elapsedMs: 0);
        }

        // Written with the next that is, and within a minute: nobody whom we do not know has the disk flushed whenever he likes.
    }

    /// <summary>Learns what would be good news, from what all nodes have written down.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var changes = Volatile.Read(ref _changes);
        var open = await store.ReadOpenAsync(cancellationToken);
        lock (_gate)
        {
            // What failed or was written down meanwhile may not have been there to be read.
            if (changes != _changes)
            {
                _openOrders.UnionWith(open.Orders);
                _openCalls.UnionWith(open.Calls);
            }
            else
            {
                // And what is on its way there.
                _openOrders = [.. open.Orders, .. _news.Orders.Keys, .. _taken?.Orders.Keys ?? Enumerable.Empty<OrderSeen>()];
                _openCalls = new HashSet<string>([.. open.Calls, .. _news.Restarts.Keys, .. _taken?.Restarts.Keys ?? Enumerable.Empty<string>()], StringComparer.Ordinal);
            }

            _hasOpen = _openOrders.Count > 0 || _openCalls.Count > 0;
        }
    }

    /// <inheritdoc/>
    protected override async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        await _signal.WaitAsync(NothingToDo, Time, cancellationToken);
        await Task.Delay(Gathering, Time, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    protected override async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        while (Take() is { } news)
        {
            await StoreAsync(news, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override void TellNotStored(Exception exception) => LogNotStored(exception, exception.Message);

    /// <inheritdoc/>
    protected override void TellLost(Exception exception) => LogLost(Waiting(), exception.Message);

    /// <inheritdoc/>
    protected override void TryAgain() => _signal.Wake();

    private async Task StoreAsync(WatchNews news, CancellationToken cancellationToken)
    {
        try
        {
            alarms.Tell(await store.AddAsync(news, node.Text, Time.GetUtcNow(), cancellationToken));
        }
        catch (Exception exception) when (exception is not (IStoreFault or OperationCanceledException))
        {
            // It would keep all that follows out for ever.
            LogDropped(exception, news.Orders.Count + news.Restarts.Count, exception.GetType().Name);
        }

        lock (_gate)
        {
            _taken = null;
            _changes++;
        }
    }

    private WatchNews? Take()
    {
        lock (_gate)
        {
            if (_taken is null && !_news.IsEmpty)
            {
                _taken = _news.Take(BatchSize);
            }

            return _taken;
        }
    }

    private void RecordTest(WatchedCall test)
    {
        var day = WatchRules.DayOf(test.At, policy);
        lock (_gate)
        {
            _news.Tests[(test.Account, test.Habit.Activity, day)] = new DialDay(day, test.At, test.ResultCode, WatchRules.IsFailedTest(test, policy));
        }

        _signal.Wake();
    }

    private void RecordOrder(WatchedCall call, CallVerdict verdict)
    {
        if (!call.Habit.PlacesOrder)
        {
            return;
        }

        // Of an order without an id that can be read nobody can tell whether it is the same again.
        var key = call.OrderId is { } orderId
            ? new OrderSeen(call.Account, orderId, call.OrderLineId ?? "")
            : new OrderSeen(call.Account, "", WatchRules.MonthOf(call.At, policy));
        var isBad = verdict is CallVerdict.Failed or CallVerdict.Unheard;
        if (!isBad && !_openOrders.Contains(key))
        {
            return;
        }

        if (_news.Orders.TryGetValue(key, out var news) || HasRoom())
        {
            _news.Orders[key] = (news ?? new OrderNews(key)).After(call, verdict);
            _openOrders.Add(key);
            _hasOpen = true;
            _changes++;
        }
    }

    private void RecordRestart(WatchedCall call, CallVerdict verdict)
    {
        var isBad = verdict is CallVerdict.Failed or CallVerdict.Unheard;
        if (!call.Habit.CanBeRestarted || verdict == CallVerdict.Waits || (!isBad && !_openCalls.Contains(call.SameCall)))
        {
            return;
        }

        if (_news.Restarts.TryGetValue(call.SameCall, out var news) || HasRoom())
        {
            _news.Restarts[call.SameCall] = (news ?? RestartNews.None).After(call, verdict);
            _openCalls.Add(call.SameCall);
            _hasOpen = true;
            _changes++;
        }
    }

    private bool HasRoom()
    {
        if (_news.Orders.Count + _news.Restarts.Count < Most)
        {
            return true;
        }

        if (_full.Count(out var count))
        {
            LogFull(count, Most);
        }

        return false;
    }

    private void Count(CountKind kind, DateTimeOffset at, string account, string activity, long elapsedMs)
    {
        var key = new CountKey(WatchRules.MonthOf(at, policy), kind, account, activity);
        var total = _totals.GetValueOrDefault(key);
        total = new CallCount(total.Calls + 1, Math.Max(total.SlowestMs, elapsedMs));
        _totals[key] = total;
        _news.Counts[key] = total;
    }

    private int Waiting()
    {
        lock (_gate)
        {
            return _news.Orders.Count + _news.Restarts.Count + (_taken is null ? 0 : _taken.Orders.Count + _taken.Restarts.Count);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What the marketplace watch has seen could not be stored, tried again each second; it is kept in memory meanwhile: {Reason}")]
    private partial void LogNotStored(Exception exception, string reason);

    [LoggerMessage(LogLevel.Error, "{Count} orders and calls that failed are missing in the marketplace watch, as they could not be stored: {Kind}")]
    private partial void LogDropped(Exception exception, int count, string kind);

    [LoggerMessage(LogLevel.Warning, "{Count} orders and calls that failed are missing in the marketplace watch, as {Most} wait to be stored.")]
    private partial void LogFull(long count, int most);

    [LoggerMessage(LogLevel.Warning, "{Count} orders and calls that failed are missing in the marketplace watch, as the store did not take them before the service stopped: {Reason}")]
    private partial void LogLost(int count, string reason);

    private sealed class Signal : WakeSignal;
}
