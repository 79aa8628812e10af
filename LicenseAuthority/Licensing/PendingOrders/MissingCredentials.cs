using System.Collections.Concurrent;

namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>
/// Accounts that were called in a way that needs credentials for the marketplace, and have none. Such an account works for whoever does not need them, so
/// nothing is wrong until somebody calls. Only a start reads settings: what is here stays. Thread-safe.
/// </summary>
internal sealed partial class MissingCredentials(TimeProvider time, ILogger<MissingCredentials> logger)
{
    private readonly ConcurrentDictionary<string, bool> _accounts = new(StringComparer.Ordinal);
    private readonly RecentlyTold<string> _told = new(time);

    /// <summary>These accounts, by name.</summary>
    public IReadOnlyList<string> Accounts => [.. _accounts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A call came for an account that has none.</summary>
    /// <param name="account">The account.</param>
    /// <param name="remedy">What has to be set.</param>
    public void Tell(string account, string remedy)
    {
        _accounts.TryAdd(account, true);
        if (_told.IsNews(account))
        {
            LogMissing(account, remedy);
        }
    }

    [LoggerMessage(LogLevel.Error, "The account {Account} is called in a way that needs the marketplace's open API, and has no credentials for it: such orders of it cannot be served. {Remedy}")]
    private partial void LogMissing(string account, string remedy);
}
