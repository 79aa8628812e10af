using LicenseAuthority.Marketplaces.Watch;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>The real store, whose writes fail while a test says so.</summary>
internal sealed class StubbornWatchStore : IWatchStore
{
    public IWatchStore Inner { get; set; } = null!;

    /// <summary>What a write fails with; null = it does not.</summary>
    public Func<Exception>? Refuses { get; set; }

    /// <summary>What a write waits for; null = for nothing.</summary>
    public Task? Waits { get; set; }

    public async Task<IReadOnlyList<ProductAlarm>> AddAsync(WatchNews news, string node, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await (Waits ?? Task.CompletedTask);
        return Refuses is { } refuse ? throw refuse() : await Inner.AddAsync(news, node, now, cancellationToken);
    }

    public Task<IReadOnlyList<ProductAlarm>> SweepAsync(DateTimeOffset now, bool pendingCounts, CancellationToken cancellationToken) =>
        Inner.SweepAsync(now, pendingCounts, cancellationToken);

    public ValueTask<OpenFailures> ReadOpenAsync(CancellationToken cancellationToken) => Inner.ReadOpenAsync(cancellationToken);

    public ValueTask<WatchReport> ReadAsync(string month, DateTimeOffset now, CancellationToken cancellationToken) => Inner.ReadAsync(month, now, cancellationToken);

    public ValueTask<IReadOnlyList<ProductMonth>> ListMonthsAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        Inner.ListMonthsAsync(now, cancellationToken);

    public ValueTask<WatchCondition> ReadConditionAsync(string month, DateTimeOffset now, CancellationToken cancellationToken) =>
        Inner.ReadConditionAsync(month, now, cancellationToken);

    public Task<RestartCall?> DismissAsync(string callId, string actor, string? reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        Inner.DismissAsync(callId, actor, reason, now, cancellationToken);

    public ValueTask<IReadOnlyList<AccountTests>> ListTestsAsync(DateOnly from, CancellationToken cancellationToken) => Inner.ListTestsAsync(from, cancellationToken);

    public Task<bool> TellStoppedAsync(string account, DateTimeOffset lastAt, CancellationToken cancellationToken) =>
        Inner.TellStoppedAsync(account, lastAt, cancellationToken);

    public Task<bool> DeleteOldAsync(string firstMonth, CancellationToken cancellationToken) => Inner.DeleteOldAsync(firstMonth, cancellationToken);
}
