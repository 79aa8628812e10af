using System.Collections.Concurrent;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// How the marketplace's open API answers each account, as far as this node has called it. What becomes of debug cases is not told here. Thread-safe.
/// </summary>
internal sealed partial class OpenApiCondition(TimeProvider time, ILogger<OpenApiCondition> logger)
{
    private readonly ConcurrentDictionary<string, AccountCondition> _accounts = new(StringComparer.Ordinal);
    private readonly RecentlyTold<string> _told = new(time);

    /// <summary>The accounts whose credentials were refused when they were last used, in order.</summary>
    public IReadOnlyList<string> Refused =>
        [.. _accounts.Where(static each => each.Value.IsRefused).Select(static each => each.Key).Order(StringComparer.Ordinal)];

    /// <summary>How it is with an account; nothing at all, if it was not called for it.</summary>
    public AccountCondition Of(string account) => _accounts.GetValueOrDefault(account) ?? new AccountCondition(null, null, IsRefused: false);

    /// <summary>A call for an account succeeded.</summary>
    public void Succeeded(string account) => _accounts[account] = new AccountCondition(time.GetUtcNow(), null, IsRefused: false);

    /// <summary>A call for an account failed.</summary>
    /// <param name="account">The account.</param>
    /// <param name="error">Why, for operators; without credentials.</param>
    public void Failed(string account, string error) => Set(account, error, refused: false);

    /// <summary>The credentials of an account were refused: an error line an hour, and health until they are accepted again.</summary>
    /// <param name="account">The account.</param>
    /// <param name="error">What the marketplace said; without credentials.</param>
    public void WasRefused(string account, string error)
    {
        Set(account, error, refused: true);
        if (_told.IsNews(account))
        {
            LogRefused(account, error);
        }
    }

    // That they were refused stays true until a call succeeds: an API that is away says nothing about them.
    private void Set(string account, string error, bool refused) => _accounts.AddOrUpdate(
        account,
        _ => new AccountCondition(null, error, refused),
        (_, before) => before with { LastError = error, IsRefused = refused || before.IsRefused });

    [LoggerMessage(LogLevel.Error, "The marketplace's open API refuses the credentials (AK/SK) of account {Account}: {Answer}. Compare OpenApi:AccessKeyId and OpenApi:SecretAccessKey of the account with the seller centre (应用凭证), and what they may call.")]
    private partial void LogRefused(string account, string answer);
}

/// <summary>How the open API answers one account.</summary>
/// <param name="LastSuccessAt">When a call last succeeded; null = not since this node started.</param>
/// <param name="LastError">Why the last call failed; null = it succeeded, or there was none.</param>
/// <param name="IsRefused">The credentials were refused, and no call succeeded since.</param>
internal sealed record AccountCondition(DateTimeOffset? LastSuccessAt, string? LastError, bool IsRefused);
