namespace LicenseAuthority.Marketplaces.Watch;

/// <summary>What this node has to write down. Not thread-safe.</summary>
internal sealed class WatchNews
{
    public Dictionary<OrderSeen, OrderNews> Orders { get; } = [];

    /// <summary>By what makes it the same call.</summary>
    public Dictionary<string, RestartNews> Restarts { get; } = new(StringComparer.Ordinal);

    /// <summary>The last debug case of each account, activity and day.</summary>
    public Dictionary<(string Account, string Activity, DateOnly Day), DialDay> Tests { get; } = [];

    /// <summary>Of each count the total of this node since it was started: writing it twice is writing it once.</summary>
    public Dictionary<CountKey, CallCount> Counts { get; } = [];

    /// <summary>Takes some of it out: so many orders and calls at most, and all of the rest.</summary>
    public WatchNews Take(int most)
    {
        var taken = new WatchNews();
        Move(Orders, taken.Orders, most);
        Move(Restarts, taken.Restarts, most);
        Move(Tests, taken.Tests, int.MaxValue);
        Move(Counts, taken.Counts, int.MaxValue);
        return taken;
    }

    public bool IsEmpty => Orders.Count == 0 && Restarts.Count == 0 && Tests.Count == 0 && Counts.Count == 0;

    private static void Move<TKey, TValue>(Dictionary<TKey, TValue> from, Dictionary<TKey, TValue> to, int most)
        where TKey : notnull
    {
        foreach (var (key, value) in from.Take(most))
        {
            to.Add(key, value);
        }

        foreach (var key in to.Keys)
        {
            from.Remove(key);
        }
    }
}

/// <summary>What is counted, in a month.</summary>
/// <param name="Month">The month, by the marketplace's clock.</param>
/// <param name="Kind">What of it.</param>
/// <param name="Account">The seller's account.</param>
/// <param name="Activity">The call; empty where that is not known.</param>
internal readonly record struct CountKey(string Month, CountKind Kind, string Account, string Activity);

/// <summary>A number of calls.</summary>
/// <param name="Calls">How many.</param>
/// <param name="SlowestMs">How long the slowest took, in milliseconds; 0 where that is not measured.</param>
internal readonly record struct CallCount(long Calls, long SlowestMs);

/// <summary>What is counted.</summary>
internal enum CountKind
{
    /// <summary>Answers that took long.</summary>
    Slow,

    /// <summary>Calls that look like the marketplace's and were not authenticated.</summary>
    Refused,
}

internal static class WatchWords
{
    /// <summary>The words of a count, as they are stored.</summary>
    public static readonly Words<CountKind> Counts = new((CountKind.Slow, "slow"), (CountKind.Refused, "refused"));

    /// <summary>The words of a failed order's status, as operators see them.</summary>
    public static readonly Words<FailedOrderStatus> Statuses = new(
        (FailedOrderStatus.Failing, "failing"), (FailedOrderStatus.Failed, "failed"), (FailedOrderStatus.Recovered, "recovered"));

    /// <summary>The words of the end of a call that was to be made again, as they are stored.</summary>
    public static readonly Words<RestartEnd> Ends = new(
        (RestartEnd.Succeeded, "succeeded"), (RestartEnd.Decided, "decided"), (RestartEnd.Dismissed, "dismissed"));
}
