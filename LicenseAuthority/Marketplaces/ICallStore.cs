namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Where the journal of calls is kept. Thread-safe; all writes are of low priority. Every method throws <see cref="StoreBusyException"/> when the store
/// cannot answer in time.
/// </summary>
internal interface ICallStore
{
    /// <summary>So many calls are written or deleted at once, some 2 ms of the writer: others wait for it.</summary>
    const int BatchSize = 128;

    /// <summary>So many at most, when many wait.</summary>
    const int LargestBatchSize = 2 * BatchSize;

    /// <summary>Stores all of it or nothing. What is stored already stays as it is: it may be asked twice for the same.</summary>
    Task AddAsync(
        IReadOnlyList<CallRecord> calls, IReadOnlyList<AccessKeyUse> keys, IReadOnlyList<OpenApiUse> openApi, CancellationToken cancellationToken);

    /// <summary>The calls that match, the newest first, at most <paramref name="limit"/>.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="beforeId">Only those with a lower id; null = from the newest on.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<CallRecord>> ListAsync(CallFilter filter, string? beforeId, int limit, CancellationToken cancellationToken);

    /// <summary>One call, or null.</summary>
    ValueTask<CallRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Deletes up to <see cref="BatchSize"/> calls that began before an instant; returns how many.</summary>
    Task<int> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>The last use of every access key that was ever used, also of those that are configured no more.</summary>
    ValueTask<IReadOnlyList<AccessKeyUse>> ListKeyUsesAsync(CancellationToken cancellationToken);

    /// <summary>How the open API's calls of every account went, one for each activity.</summary>
    ValueTask<IReadOnlyList<OpenApiUse>> ListOpenApiUsesAsync(CancellationToken cancellationToken);
}
