using System.Collections.Concurrent;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Whose credentials the marketplace's open API refuses, and for what, as far as this node has called it; that they are good again, any node may find. What may be
/// called is granted there one by one, so that an order can be looked up ends no refusal of an upload. How the calls went otherwise stands in the store
/// (<see cref="OpenApiUse"/>). Thread-safe.
/// </summary>
internal sealed partial class OpenApiCondition(ICallStore calls, TimeProvider time, ILogger<OpenApiCondition> logger)
{
    // With when they were refused last.
    private readonly ConcurrentDictionary<RefusedActivity, DateTimeOffset> _refused = new();
    private readonly RecentlyTold<RefusedActivity> _told = new(time);

    /// <summary>What was refused, and what no node has called since with another answer; in order.</summary>
    /// <exception cref="StoreBusyException">The store could not answer in time.</exception>
    public async ValueTask<IReadOnlyList<RefusedActivity>> FindRefusedAsync(CancellationToken cancellationToken)
    {
        if (_refused.IsEmpty)
        {
            return [];
        }

        var now = time.GetUtcNow();
        foreach (var (called, refusedAt) in _refused)
        {
            // By a clock that was ahead and has been set back: no success would come after it for as long.
            if (refusedAt > now)
            {
                _refused.TryUpdate(called, now, refusedAt);
            }
        }

        foreach (var use in await calls.ListOpenApiUsesAsync(cancellationToken))
        {
            var called = new RefusedActivity(use.Account, use.Activity);
            if (_refused.TryGetValue(called, out var refusedAt) && HasSucceededAfter(use, refusedAt, now))
            {
                // Unless it was refused once more just now.
                _refused.TryRemove(KeyValuePair.Create(called, refusedAt));
            }
        }

        return
        [
            .. _refused.Keys.OrderBy(static refused => refused.Account, StringComparer.Ordinal).ThenBy(static refused => refused.Activity, StringComparer.Ordinal),
        ];
    }

    /// <summary>The credentials of an account were accepted for an activity, whatever else was answered.</summary>
    public void WasAccepted(string account, string activity) => _refused.TryRemove(new RefusedActivity(account, activity), out _);

    /// <summary>
    /// The credentials of an account were refused: an error line an hour, and health until the same is accepted again. An API that is away later says nothing about
    /// them.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="activity">What was called.</param>
    /// <param name="error">What the marketplace said; without credentials.</param>
    public void WasRefused(string account, string activity, string error)
    {
        var refused = new RefusedActivity(account, activity);
        _refused[refused] = time.GetUtcNow();
        if (_told.IsNews(refused))
        {
            LogRefused(account, activity, error);
        }
    }

    // A success is stored to the minute, and the newest call as it was. One that lies ahead was stored by a clock that was ahead: nobody knows when it was.
    private static bool HasSucceededAfter(OpenApiUse use, DateTimeOffset refusedAt, DateTimeOffset now) =>
        IsBetween(use.LastSuccessAt, refusedAt, now) || (use.LastError is null && IsBetween(use.LastCallAt, refusedAt, now));

    private static bool IsBetween(DateTimeOffset? at, DateTimeOffset after, DateTimeOffset now) => at > after && at - now <= LastUses.NoLater;

    [LoggerMessage(LogLevel.Error, "The marketplace's open API refuses the credentials (AK/SK) of account {Account} for {Activity}: {Answer}. Compare OpenApi:AccessKeyId and OpenApi:SecretAccessKey of the account with the seller centre (应用凭证), and what they may call.")]
    private partial void LogRefused(string account, string activity, string answer);
}

/// <summary>What an account's credentials were refused for.</summary>
/// <param name="Account">The account.</param>
/// <param name="Activity">What was called, in the journal's words.</param>
internal readonly record struct RefusedActivity(string Account, string Activity)
{
    /// <summary>For people.</summary>
    public override string ToString() => $"{Account} ({Activity})";
}
