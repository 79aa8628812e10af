using System.Collections.Concurrent;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Whose credentials the marketplace's open API refuses, as far as this node has called it; that they are good again, any node may find. How the calls went otherwise
/// stands in the store (<see cref="OpenApiUse"/>). Thread-safe.
/// </summary>
internal sealed partial class OpenApiCondition(ICallStore calls, TimeProvider time, ILogger<OpenApiCondition> logger)
{
    // With when they were refused last.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _refused = new(StringComparer.Ordinal);
    private readonly RecentlyTold<string> _told = new(time);

    /// <summary>The accounts whose credentials were refused, and with which no node has made a call since that was answered otherwise; in order.</summary>
    /// <exception cref="StoreBusyException">The store could not answer in time.</exception>
    public async ValueTask<IReadOnlyList<string>> FindRefusedAsync(CancellationToken cancellationToken)
    {
        if (_refused.IsEmpty)
        {
            return [];
        }

        foreach (var use in await calls.ListOpenApiUsesAsync(cancellationToken))
        {
            if (_refused.TryGetValue(use.Account, out var refusedAt) && HasSucceededAfter(use, refusedAt))
            {
                // Unless it was refused once more just now.
                _refused.TryRemove(KeyValuePair.Create(use.Account, refusedAt));
            }
        }

        return [.. _refused.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The credentials of an account were accepted, whatever else was answered.</summary>
    public void WasAccepted(string account) => _refused.TryRemove(account, out _);

    /// <summary>
    /// The credentials of an account were refused: an error line an hour, and health until they are accepted again. An API that is away later says nothing about them.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="error">What the marketplace said; without credentials.</param>
    public void WasRefused(string account, string error)
    {
        _refused[account] = time.GetUtcNow();
        if (_told.IsNews(account))
        {
            LogRefused(account, error);
        }
    }

    // A success is stored to the minute, and the newest call as it was.
    private static bool HasSucceededAfter(OpenApiUse use, DateTimeOffset refusedAt) =>
        use.LastSuccessAt > refusedAt || (use.LastError is null && use.LastCallAt > refusedAt);

    [LoggerMessage(LogLevel.Error, "The marketplace's open API refuses the credentials (AK/SK) of account {Account}: {Answer}. Compare OpenApi:AccessKeyId and OpenApi:SecretAccessKey of the account with the seller centre (应用凭证), and what they may call.")]
    private partial void LogRefused(string account, string answer);
}
