using System.Threading.Channels;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Keeps every authenticated call between marketplaces and this authority, for operators. Written behind: <see cref="Record"/> puts a call into a queue and
/// returns, and this service redacts and stores what waits, in small batches of low priority. What waits is lost when the process is killed, about a second
/// of it; when more comes than can be stored, the newest is dropped and counted. Thread-safe.
/// </summary>
internal sealed partial class CallJournal(
    ICallStore store, NodeName node, CallJournalMetrics metrics, TimeProvider time, ILogger<CallJournal> logger) : WriteBehindService(time)
{
    /// <summary>So many calls wait at most.</summary>
    public const int MostCalls = 16 * 1024;

    /// <summary>About so many bytes of requests and answers wait at most.</summary>
    public const long MostBytes = 32 * 1024 * 1024;

    // So many that wait say that the disk is slow: a pause follows each batch, and larger ones have fewer pauses.
    private const int Behind = 1024;

    private readonly Channel<EndedCall> _waiting = Channel.CreateBounded<EndedCall>(new BoundedChannelOptions(MostCalls) { SingleReader = false });
    private readonly LastUses _uses = new();
    private readonly List<(EndedCall Call, CallRecord Record)> _batch = new(ICallStore.BatchSize);
    private long _bytes;

    /// <summary>How many calls wait to be stored.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Takes a call into the journal, or drops it. Never waits and never throws.</summary>
    public void Record(EndedCall call)
    {
        var size = SizeOf(call);
        if (Interlocked.Add(ref _bytes, size) <= MostBytes && _waiting.Writer.TryWrite(call))
        {
            return;
        }

        Interlocked.Add(ref _bytes, -size);
        metrics.Dropped(1, CallJournalMetrics.Full);
    }

    /// <inheritdoc/>
    protected override async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            return false;
        }

        if (Waiting < ICallStore.BatchSize)
        {
            await Task.Delay(Gathering, Time, cancellationToken);
        }

        return true;
    }

    /// <inheritdoc/>
    protected override async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        while (Take())
        {
            await StoreBatchAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override void TellNotStored(Exception exception) => LogNotStored(exception, exception.Message);

    /// <inheritdoc/>
    protected override void TellLost(Exception exception)
    {
        var lost = _batch.Count + Waiting;
        metrics.Dropped(lost, CallJournalMetrics.Failed);
        LogLost(lost, exception.Message);
    }

    private static long SizeOf(EndedCall call) => call.Request.Size + call.Answer.Size;

    // A batch that failed is still there, with the ids that it has, as it may be stored all the same.
    private bool Take()
    {
        // Whoever waits for the writer waits longer then, but not for more than a few milliseconds.
        var most = Waiting > Behind ? ICallStore.LargestBatchSize : ICallStore.BatchSize;
        while (_batch.Count < most && _waiting.Reader.TryRead(out var call))
        {
            Interlocked.Add(ref _bytes, -SizeOf(call));
            _batch.Add((call, ToRecord(call)));
        }

        return _batch.Count > 0;
    }

    private async Task StoreBatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StoreAsync(_batch, cancellationToken);
        }
        catch (Exception exception) when (exception is not (IStoreFault or OperationCanceledException))
        {
            // One of them cannot be stored, and must not keep the others out for ever.
            await StoreEachAsync(cancellationToken);
        }

        _batch.Clear();
    }

    private async Task StoreEachAsync(CancellationToken cancellationToken)
    {
        foreach (var item in _batch)
        {
            try
            {
                await StoreAsync([item], cancellationToken);
            }
            catch (Exception exception) when (exception is not (IStoreFault or OperationCanceledException))
            {
                metrics.Dropped(1, CallJournalMetrics.Failed);
                LogDropped(exception, item.Record.Activity, exception.GetType().Name);
            }
        }
    }

    private async Task StoreAsync(List<(EndedCall Call, CallRecord Record)> batch, CancellationToken cancellationToken)
    {
        var (keys, openApi) = _uses.FindNew(batch.Select(static item => item.Call));
        await store.AddAsync(
            batch.ConvertAll(static item => item.Record),
            keys,
            [.. openApi.Select(static use => use with { LastError = CallRedaction.Text(use.LastError) })],
            cancellationToken);
        _uses.Stored(keys);
        metrics.Written(batch.Count);
    }

    private CallRecord ToRecord(EndedCall call)
    {
        // Answers of our own have nothing secret but license codes, which are known by their form, and what the request had.
        var secrets = call.Direction == CallDirection.In ? CallRedaction.SecretsOf(call.Request) : CallRedaction.SecretsOf(call.Request, call.Answer);
        return new CallRecord
        {
            Id = call.Id ?? Identifiers.NewCallId(call.At),
            At = call.At,
            Direction = call.Direction,
            Account = call.Account,
            Activity = Word(call.Activity, secrets) ?? "",
            Test = call.Test,
            OrderId = Word(call.OrderId, secrets),
            OrderLineId = Word(call.OrderLineId, secrets),
            InstanceId = Word(call.InstanceId, secrets),
            ResultCode = Word(call.ResultCode, secrets),
            ResultMsg = CallRedaction.Text(call.ResultMsg, secrets),
            HttpStatus = call.HttpStatus,
            DurationMs = (long)call.Duration.TotalMilliseconds,
            Node = node.Text,
            Request = CallRedaction.ToJson(call.Request, secrets),
            Answer = CallRedaction.ToJson(call.Answer, secrets),
            MessageId = call.MessageId,
        };
    }

    // Callers may send anything for an order's id. Empty is absent.
    private static string? Word(string? text, CallSecrets secrets) => string.IsNullOrEmpty(text) ? null : CallRedaction.Text(text, secrets, 128);

    [LoggerMessage(LogLevel.Warning, "The journal of marketplace calls could not be stored, tried again each second; calls are answered all the same: {Reason}")]
    private partial void LogNotStored(Exception exception, string reason);

    [LoggerMessage(LogLevel.Warning, "A call ({Activity}) could not be stored in the journal of marketplace calls and is missing there: {Kind}")]
    private partial void LogDropped(Exception exception, string activity, string kind);

    [LoggerMessage(LogLevel.Warning, "{Count} calls are missing in the journal of marketplace calls, as the store did not take them before the service stopped: {Reason}")]
    private partial void LogLost(int count, string reason);
}
