using System.Globalization;
using LicenseAuthority.Clock;
using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// The door for the marketplace: one address for each account, <c>activity</c> tells the calls apart. Every answer is HTTP 200 with a signed body, failures and
/// our own faults included.
/// </summary>
internal sealed partial class MarketplaceApi(
    SellerAccounts accounts, IEnumerable<IGeneration> generations, IEnumerable<ICallHandler> handlers, RejectionLog rejections, Identifiers identifiers,
    MarketplaceMetrics metrics, CallJournal journal, WatchedCalls watched, SteadyTime time, ILogger<MarketplaceApi> logger)
{
    /// <summary>The production address that a seller registers; the one of an account with a name is a step below it.</summary>
    public const string Path = "/marketplace/koogallery";

    private const string AccountInPath = "account";

    private readonly FaultSampler _faults = new(time);
    private readonly LogSampler _busy = new(time);

    // Routes take a method in small letters too.
    private readonly Dictionary<string, IGeneration> _generations = generations.ToDictionary(generation => generation.Method, StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<(string Method, string Activity), ICallHandler> _handlers = handlers.ToDictionary(handler => (handler.Method, handler.Activity));

    /// <summary>The paths that are served: the default account's, and that of an account with a name.</summary>
    public static IReadOnlyList<string> Patterns { get; } = [Path, $"{Path}/{{{AccountInPath}}}"];

    /// <summary>The methods that are served, one for each generation.</summary>
    public IEnumerable<string> Methods => _generations.Keys;

    /// <summary>Answers a call.</summary>
    public async Task CallAsync(HttpContext context)
    {
        if (FindAccount(context) is not { } account)
        {
            await AnswerUnknownAsync(context);
            return;
        }

        var startedAt = time.GetTimestamp();
        var calledAt = time.GetUtcNow();
        var (answer, call, activity) = await AnswerAsync(context, account);
        var body = answer.ToBody();
        if (call is not null)
        {
            var id = Identifiers.NewCallId(calledAt);
            journal.Record(ToRecord(id, call, answer, body, calledAt, time.GetElapsedTime(startedAt)));
            await watched.RecordAsync(
                call, answer, id, calledAt, time.GetElapsedTime(FirstByte.Of(context, time)), callerWaited: !context.RequestAborted.IsCancellationRequested);
        }

        await SendAsync(context.Response, answer, body, call?.Key ?? account.AccessKeys[0], activity, startedAt);
    }

    /// <summary>Answers a call that came while too many others wait.</summary>
    public Task TurnAwayAsync(HttpContext context)
    {
        rejections.CountTurnedAway(context.Connection.RemoteIpAddress);
        if (FindAccount(context) is not { } account)
        {
            return AnswerUnknownAsync(context);
        }

        var answer = new MarketplaceAnswer(ResultCode.InternalError, "busy, too many calls wait; nothing was lost, repeat the call");
        return SendAsync(context.Response, answer, answer.ToBody(), account.AccessKeys[0], AuthorityTelemetry.Other, time.GetTimestamp());
    }

    // The default account has no name in the path, and cannot be called by it.
    private SellerAccount? FindAccount(HttpContext context) => context.GetRouteValue(AccountInPath) switch
    {
        null => accounts.Find(SellerAccount.Default),
        SellerAccount.Default => null,
        var name => accounts.Find((string)name),
    };

    private static Task AnswerUnknownAsync(HttpContext context) => Problems.Create(
        StatusCodes.Status404NotFound, "not-found", "There is no account at this path: the settings Marketplace:AccessKeys and Marketplace:Accounts say which there are.")
        .ExecuteAsync(context);

    // What is there anyway; the journal makes of it what may be kept, and not here.
    private static EndedCall ToRecord(
        string id, MarketplaceCall call, MarketplaceAnswer answer, ReadOnlyMemory<byte> body, DateTimeOffset calledAt, TimeSpan duration) => new()
    {
        Id = id,
        At = calledAt,
        Direction = CallDirection.In,
        Account = call.Account.Name,
        Activity = call.Activity,
        Test = call.SaysTest,
        OrderId = call.Parameters.Find("orderId"),
        OrderLineId = call.Parameters.Find("orderLineId"),
        InstanceId = call.Parameters.Find("instanceId") ?? answer.InstanceId ?? answer.About,
        ResultCode = answer.Code,
        ResultMsg = answer.Message,
        HttpStatus = StatusCodes.Status200OK,
        Duration = duration,
        Request = call.Parameters.Content,
        Answer = CallContent.FromJson(body),
        AccessKeyId = call.Key.Id,
    };

    private async Task SendAsync(
        HttpResponse response, MarketplaceAnswer answer, ReadOnlyMemory<byte> body, AccessKey key, string activity, long startedAt)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json;charset=UTF-8";
        response.ContentLength = body.Length;
        response.Headers[BodySign.HeaderName] = BodySign.Create(key, body.Span);

        // An answer may hold a license code: nothing on the way may keep it.
        response.Headers.CacheControl = "no-store";
        metrics.Answered(activity, answer.Code, time.GetElapsedTime(startedAt));
        await response.Body.WriteAsync(body, CancellationToken.None);
    }

    // The call is null as long as the caller is not known. The activity is one that is served here, once the caller is known; else it stands for any other.
    private async Task<(MarketplaceAnswer Answer, MarketplaceCall? Call, string Activity)> AnswerAsync(HttpContext context, SellerAccount account)
    {
        MarketplaceCall? call = null;
        try
        {
            // Step 1: who calls? Of a request that never comes to its end nobody waits for an answer.
            var generation = _generations[context.Request.Method];
            var read = await generation.ReadAsync(context.Request, account, context.RequestAborted);
            call = read.Call;
            if (call is null)
            {
                CountRejected(context, read.Refusal!);
                if (read.Said is { } said)
                {
                    watched.RecordRefused(account, said);
                }

                return (read.Refusal!, null, AuthorityTelemetry.Other);
            }

            var (answer, activity) = await AnswerCallerAsync(generation, call);
            CountRejected(context, answer);
            return (answer, call, activity);
        }
        catch (Exception exception)
        {
            return (Fault(exception, AuthorityTelemetry.Other), call, AuthorityTelemetry.Other);
        }
    }

    private void CountRejected(HttpContext context, MarketplaceAnswer answer)
    {
        if (answer.Code == ResultCode.AuthenticationFailed)
        {
            rejections.Count(context.Connection.RemoteIpAddress);
        }
    }

    private async Task<(MarketplaceAnswer Answer, string Activity)> AnswerCallerAsync(IGeneration generation, MarketplaceCall call)
    {
        // Steps 2 and 3: what is asked?
        var handler = _handlers.GetValueOrDefault((generation.Method, call.Activity));
        var activity = AuthorityTelemetry.Other;
        var storeIsBusy = false;
        MarketplaceAnswer answer;
        try
        {
            if (handler is not null && call.Problem is null)
            {
                activity = handler.Activity;
            }

            answer = await generation.AnswerOnceAsync(call, () => ServeAsync(call, handler), CancellationToken.None);
        }
        catch (Exception exception)
        {
            storeIsBusy = exception is StoreBusyException;
            answer = Fault(exception, activity);
        }

        if (handler is not null && answer.Code is not (ResultCode.Success or ResultCode.InProgress or ResultCode.AuthenticationFailed))
        {
            await handler.RefusedAsync(call, answer, storeIsBusy);
        }

        return (answer, activity);
    }

    private Task<MarketplaceAnswer> ServeAsync(MarketplaceCall call, ICallHandler? handler)
    {
        if (call.Problem is { } problem)
        {
            return Task.FromResult(MarketplaceAnswer.BadParameter(problem));
        }

        if (handler is null)
        {
            return Task.FromResult(MarketplaceAnswer.BadParameter(DescribeUnserved(call.Activity)));
        }

        // Not the request's token: a caller that hangs up must not leave it open whether its order was served.
        return handler.HandleAsync(call, CancellationToken.None);
    }

    // A seller who registered a product of the other generation must see that it is that.
    private string DescribeUnserved(string activity)
    {
        if (activity.Length == 0)
        {
            return "the parameter activity is missing";
        }

        var other = _generations.Values.FirstOrDefault(generation => _handlers.ContainsKey((generation.Method, activity)));
        return other is null
            ? $"the activity {MarketplaceQuery.Shorten(activity)} is unknown"
            : $"the activity {MarketplaceQuery.Shorten(activity)} is one of {other.Name} and comes by {other.Method}";
    }

    // The one place of this door that turns a fault into an answer; the caller gets its number, the log gets the rest.
    private MarketplaceAnswer Fault(Exception exception, string activity)
    {
        var faultId = identifiers.NewFaultId();
        if (StoreFaults.IsReported(exception))
        {
            // The outage is one line, whoever calls meanwhile; an order or an instance whose call is refused for it is told with this number.
            LogStoreAway(faultId, activity, exception.Message);
        }
        else if (exception is StoreBusyException)
        {
            // In a storm that is each call; those that ask for something paid are told with this number by themselves.
            if (_busy.Count(out var count))
            {
                LogBusy(faultId, activity, count, exception.Message);
            }
        }
        else if (_faults.Count(exception, out _))
        {
            LogFault(exception, faultId, activity);
        }
        else
        {
            // Each with its number, but not each with the same stack trace.
            LogFaultAgain(faultId, activity, exception.GetType().Name, exception.Message);
        }

        return new MarketplaceAnswer(
            ResultCode.InternalError, string.Create(CultureInfo.InvariantCulture, $"internal error {faultId}; nothing was lost, repeat the call"));
    }

    [LoggerMessage(LogLevel.Debug, "{FaultId}: {Activity} was not carried out, the store is away: {Reason}")]
    private partial void LogStoreAway(string faultId, string activity, string reason);

    [LoggerMessage(LogLevel.Warning, "{FaultId}: {Activity} was answered as busy, {Count} calls since this was told last: {Reason}")]
    private partial void LogBusy(string faultId, string activity, long count, string reason);

    [LoggerMessage(LogLevel.Error, "{FaultId}: {Activity} failed.")]
    private partial void LogFault(Exception exception, string faultId, string activity);

    [LoggerMessage(LogLevel.Error, "{FaultId}: {Activity} failed as others in the last minute did ({Kind}: {Reason}).")]
    private partial void LogFaultAgain(string faultId, string activity, string kind, string reason);
}
