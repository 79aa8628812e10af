using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// Tells of calls on an instance that were authenticated and refused. The marketplace makes them once, or for two hours: without a line nobody would ever know that a
/// renewal that was paid for did not arrive. One line an hour for the same call, order and instance. Thread-safe.
/// </summary>
internal sealed partial class RefusedCalls(TimeProvider time, ILogger<RefusedCalls> logger)
{
    private readonly RecentlyTold<(string Account, bool Test, string Activity, string? OrderId, string? InstanceId)> _told = new(time);

    /// <summary>Tells of a call that the marketplace makes once, before the caller gets the answer.</summary>
    public void Tell(string activity, MarketplaceCall call, MarketplaceAnswer answer) => Tell(activity, call, answer, LogRefused);

    /// <summary>Tells of a call that the marketplace repeats for a while, or of which that is not published, before the caller gets the answer.</summary>
    public void TellRepeated(string activity, MarketplaceCall call, MarketplaceAnswer answer) => Tell(activity, call, answer, LogRefusedRepeated);

    private void Tell(
        string activity, MarketplaceCall call, MarketplaceAnswer answer, Action<LogLevel, string, string, string, string?, string?, string> log)
    {
        // As far as they can be read: that one cannot be may be what was wrong.
        var orderId = ParameterReader.Readable(call.Parameters, "orderId", ParameterReader.LongestId);
        var instanceId = ParameterReader.Readable(call.Parameters, "instanceId", ParameterReader.LongestId)
            ?? MarketplaceCode.Read(call.Parameters.Find(CodeCallHandler.CodeParameter))?.ToString();
        var test = call.SaysTest;
        if (_told.IsNews((call.Account.Name, test, activity, orderId, instanceId)))
        {
            log(test ? LogLevel.Information : LogLevel.Warning, activity, test ? " of a test case" : "", call.Account.Name, orderId, instanceId, answer.ToString());
        }
    }

    [LoggerMessage("{Activity}{OfATest} was refused: account {Account}, order {OrderId}, instance {InstanceId}: answered {Answer}. The marketplace repeats this call for two hours at most, or, for all that is published of some, not at all: if the fault is not its own, see to it that what was paid for arrives.")]
    private partial void LogRefusedRepeated(LogLevel level, string activity, string ofATest, string account, string? orderId, string? instanceId, string answer);

    [LoggerMessage("{Activity}{OfATest} was refused: account {Account}, order {OrderId}, instance {InstanceId}: answered {Answer}. The marketplace makes this call once: see to it that what was paid for arrives.")]
    private partial void LogRefused(LogLevel level, string activity, string ofATest, string account, string? orderId, string? instanceId, string answer);
}
