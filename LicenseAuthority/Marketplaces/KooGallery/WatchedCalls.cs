using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Marketplaces.Watch;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>Tells the watch of the calls at this door. Thread-safe; a call that is well costs next to nothing.</summary>
internal sealed class WatchedCalls(MarketplaceWatch watch)
{
    private const int LongestResult = 16;

    // Who makes the call gives up after 5 s, and a renewal or an order must not be lost for this.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(0.5);

    // What a call for an order is known by again, and what the others are: who repeats a call signs it anew, at another time and with another businessId.
    private static readonly string[] OrderKey = ["orderId", "orderLineId"];
    private static readonly string[] CallKey = ["instanceId", "license", "orderId", "orderLineId", "scene", "status", "expireTime", "eventId"];

    /// <summary>
    /// Takes note of a call that is about to be answered. Never throws. A failure that the marketplace counts, or that it does not repeat, is rare: it is written down
    /// before it is answered, where the store is well and there is time for it, so that a process that is killed then has not forgotten it.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="id">Its id in the journal.</param>
    /// <param name="calledAt">When it began.</param>
    /// <param name="elapsed">From its first byte until now.</param>
    /// <param name="callerWaited">Whether the caller is still there.</param>
    public Task RecordAsync(MarketplaceCall call, MarketplaceAnswer answer, string id, DateTimeOffset calledAt, TimeSpan elapsed, bool callerWaited)
    {
        var ending = MarketplaceHabits.EndingOf(answer.Code);

        // A nonce that was used before: not the marketplace's.
        if (answer.Code == ResultCode.AuthenticationFailed
            || !watch.Matters(call.SaysTest, ending, callerWaited, elapsed)
            || MarketplaceHabits.Find(call.Activity) is not { } habit)
        {
            return Task.CompletedTask;
        }

        var parameters = call.Parameters;
        watch.Record(new WatchedCall
        {
            Id = id,
            At = calledAt,
            Account = call.Account.Name,
            Habit = habit,
            Test = call.SaysTest,
            Ending = ending,
            CallerWaited = callerWaited,
            Elapsed = elapsed,
            OrderId = IdOf(parameters, "orderId"),
            OrderLineId = IdOf(parameters, "orderLineId"),
            InstanceId = IdOf(parameters, "instanceId") ?? answer.InstanceId,
            ProductId = IdOf(parameters, "productId"),
            CustomerId = ParameterReader.Readable(parameters, "customerId", ParameterReader.LongestCustomerId),
            CustomerName = ParameterReader.Readable(parameters, "customerName", ParameterReader.LongestName),
            ResultCode = ParameterReader.Cut(answer.Code, LongestResult),
            ResultMsg = ParameterReader.Cut(answer.Message, MarketplaceAnswer.LongestMessage),
            SameCall = DigestOf(call, habit.PlacesOrder ? OrderKey : CallKey),
        });
        var cannotBeForgotten = ending == CallEnding.Failed && !call.SaysTest && (habit.PlacesOrder || habit.Repeats == TimeSpan.Zero);
        return cannotBeForgotten && elapsed < MarketplaceHabits.Policy.SlowAnswer ? watch.TryFlushAsync(LongestWait) : Task.CompletedTask;
    }

    /// <summary>Takes note of a call that was not authenticated, if it looks like the marketplace's and like no debug case. Never throws.</summary>
    public void RecordRefused(SellerAccount account, ICallParameters parameters)
    {
        if (parameters.Find("testFlag") != "1" && MarketplaceHabits.Find(parameters.Find("activity") ?? "") is not null)
        {
            watch.RecordRefused(account.Name);
        }
    }

    // A parameter that is too long is none that could come again.
    private static string? IdOf(ICallParameters parameters, string name) =>
        ParameterReader.Readable(parameters, name, ParameterReader.LongestId) is { } id && id == parameters.Find(name) && parameters.FirstRepeated != name ? id : null;

    // A code is among what it is made of.
    private static string DigestOf(MarketplaceCall call, string[] names)
    {
        var parts = names.Select(call.Parameters.Find).Prepend(call.Activity).Prepend(call.Account.Name);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))));
    }
}
