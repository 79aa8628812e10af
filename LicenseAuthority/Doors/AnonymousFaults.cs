using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;

namespace LicenseAuthority.Doors;

/// <summary>
/// Logs faults that no handler expects. Of callers that have shown who they are each is logged, by the framework where nobody knows why; of all others one a
/// minute is logged, with how many there were. An outage of the store that the log tells of already is not told again for each call.
/// </summary>
internal sealed partial class AnonymousFaults(TimeProvider time, ILogger<AnonymousFaults> logger)
{
    private readonly FaultSampler _sampler = new(time);

    /// <summary>Whether the framework is to be silent about this one.</summary>
    public bool IsLoggedHere(HttpContext context, Exception exception)
    {
        if (StoreFaults.IsReported(exception))
        {
            return true;
        }

        var endpoint = context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        if (endpoint?.Metadata.GetMetadata<IAuthorizeData>() is not null)
        {
            if (exception is not StoreBusyException)
            {
                return false;
            }

            // It is known to happen, and needs no stack trace.
            LogKnownBusy((endpoint as RouteEndpoint)?.RoutePattern.RawText, exception.Message);
            return true;
        }

        if (_sampler.Count(exception, out var count))
        {
            // The pattern of the path and not the path: callers make that up.
            var route = (endpoint as RouteEndpoint)?.RoutePattern.RawText;
            if (exception is StoreBusyException)
            {
                LogBusy(count, route, exception.Message);
            }
            else
            {
                LogFault(exception, count, route);
            }
        }

        return true;
    }

    [LoggerMessage(LogLevel.Warning, "{Count} anonymous calls were answered as busy since this was last said, the last one of {Route}: {Reason}")]
    private partial void LogBusy(long count, string? route, string reason);

    [LoggerMessage(LogLevel.Warning, "A call of {Route} was answered as busy: {Reason}")]
    private partial void LogKnownBusy(string? route, string reason);

    [LoggerMessage(LogLevel.Error, "{Count} anonymous calls failed since this was last said, the last one of {Route}.")]
    private partial void LogFault(Exception exception, long count, string? route);
}
