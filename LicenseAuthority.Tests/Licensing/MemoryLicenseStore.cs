using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>
/// Licenses in memory, with the store's own rules for what is overtaken. Before a commit is judged a test may do something in between, as another node would.
/// </summary>
internal sealed class MemoryLicenseStore(TimeProvider time) : ILicenseStore
{
    private readonly Dictionary<string, (License License, string CodeText, List<LicenseOrder> Orders)> _licenses = [];
    private readonly Dictionary<OrderKey, (PlacedOrder Order, string LicenseId)> _orders = [];
    private readonly Dictionary<string, CommandOutcome> _answers = [];
    private readonly Dictionary<string, ConflictRecord> _conflicts = [];
    private readonly Dictionary<string, DateTimeOffset?> _resolvedExpiries = [];

    /// <summary>What happens in between, while a commit waits: runs once for each commit that is handed in, with its number from 1.</summary>
    public Func<int, Task>? Between { get; set; }

    /// <summary>What storing a refused order throws; null = nothing.</summary>
    public Exception? Fault { get; set; }

    /// <summary>How many devices have a place, whatever the license.</summary>
    public int Places { get; set; }

    /// <summary>The instance ids under which an order is pending.</summary>
    public HashSet<string> PendingIds { get; } = [];

    /// <summary>How many commits were handed in.</summary>
    public int Attempts { get; private set; }

    public List<LicenseCommit> Commits { get; } = [];

    public IReadOnlyCollection<ConflictRecord> Conflicts => _conflicts.Values;

    public License Only => _licenses.Values.Single().License;

    public ValueTask<ServedOrder?> FindOrderAsync(OrderKey key, CancellationToken cancellationToken)
    {
        if (!_orders.TryGetValue(key, out var found))
        {
            return ValueTask.FromResult<ServedOrder?>(null);
        }

        var (license, codeText, _) = _licenses[found.LicenseId];
        return ValueTask.FromResult<ServedOrder?>(new ServedOrder(found.Order, license, codeText));
    }

    public async ValueTask<OrderBefore> LookUpOrderAsync(OrderKey key, string marketplaceCustomerId, CancellationToken cancellationToken) => new(
        await FindOrderAsync(key, cancellationToken),
        _licenses.Values
            .Select(static each => each.License)
            .FirstOrDefault(license => license.Account == key.Account && license.Customer.MarketplaceCustomerId == marketplaceCustomerId)?.Customer.Id);

    public ValueTask<FoundLicense?> FindLicenseAsync(string licenseId, IReadOnlyList<CallKey> keys, CancellationToken cancellationToken)
    {
        if (!_licenses.TryGetValue(licenseId, out var found))
        {
            return ValueTask.FromResult<FoundLicense?>(null);
        }

        CommandOutcome? answer = null;
        foreach (var key in keys)
        {
            answer ??= _answers.TryGetValue(AnswerKey(found.License, key), out var remembered) ? remembered : null;
        }

        return ValueTask.FromResult<FoundLicense?>(new FoundLicense(new LicenseRecord(found.License, found.CodeText, [.. found.Orders]), answer));
    }

    public ValueTask<ConflictRecord?> FindConflictAsync(string conflictId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_conflicts.GetValueOrDefault(conflictId));

    public ValueTask<bool> IsPendingAsync(string instanceId, CancellationToken cancellationToken) => ValueTask.FromResult(PendingIds.Contains(instanceId));

    public ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    public ValueTask<IReadOnlyList<KeptCall>> ListKeptCallsAsync(string account, bool test, MarketplaceCode code, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<KeptCall>>([]);

    public ValueTask<UnservedEntry?> FindUnservedAsync(string licenseId, CallSource source, ConflictProposal proposal, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_conflicts.Values
            .Where(each =>
                each.Conflict.Kind == ConflictKind.Unserved
                && each.Conflict.InstanceId == licenseId
                && (each.Conflict.Source.OrderId, each.Conflict.Source.OrderLineId) == (source.OrderId, source.OrderLineId)
                && (each.Conflict.Proposal.ExpiresAt ?? proposal.ExpiresAt) == proposal.ExpiresAt
                && each.Conflict.Proposal.Quantity == proposal.Quantity)
            .OrderBy(static each => each.Status != ConflictStatus.Applied)
            .ThenBy(static each => each.Status != ConflictStatus.Open)
            .Select(static each => new UnservedEntry(each.Conflict.Id, each.Status))
            .FirstOrDefault());

    public ValueTask<LateEnd?> FindLateEndAsync(string licenseId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_conflicts.Values
            .Where(each => each.Conflict.LicenseId == licenseId && each.Conflict.Proposal.Expire)
            .OrderBy(each => each.Status != ConflictStatus.Open)
            .ThenByDescending(each => each.Conflict.Id, StringComparer.Ordinal)
            .Select(each => new LateEnd(each.Status, _resolvedExpiries.GetValueOrDefault(each.Conflict.Id)))
            .FirstOrDefault());

    public ValueTask<int> CountPlacesAsync(string licenseId, DateTimeOffset now, CancellationToken cancellationToken) => ValueTask.FromResult(Places);

    public async Task<StoreOutcome> StoreAsync(LicenseCommit commit, CancellationToken cancellationToken)
    {
        Attempts++;
        if (Between is { } between)
        {
            // What it does is itself not disturbed.
            Between = null;
            var attempt = Attempts;
            try
            {
                await between(attempt);
            }
            finally
            {
                Attempts = attempt;
                Between = between;
            }
        }

        return Store(commit);
    }

    public Task<UnservedOutcome> KeepUnservedAsync(OpenConflict entry, CancellationToken cancellationToken)
    {
        if (Fault is { } fault)
        {
            throw fault;
        }

        if (_orders.ContainsKey(entry.Order!.Key))
        {
            return Task.FromResult(UnservedOutcome.Served);
        }

        if (_conflicts.Values.Any(each => each.Status == ConflictStatus.Open && each.Conflict.Order?.Key == entry.Order.Key))
        {
            return Task.FromResult(UnservedOutcome.KeptBefore);
        }

        _conflicts.Add(entry.Id, new ConflictRecord(entry, ConflictStatus.Open, null, null));
        return Task.FromResult(UnservedOutcome.Kept);
    }

    public Task<StoreOutcome> ResolveAsync(ConflictResolution resolution, CancellationToken cancellationToken)
    {
        var found = _conflicts[resolution.ConflictId];
        if (found.Status != ConflictStatus.Open)
        {
            return Task.FromResult(StoreOutcome.ConcurrencyConflict);
        }

        _conflicts[resolution.ConflictId] = found.After(resolution);
        return Task.FromResult(StoreOutcome.Stored);
    }

    private StoreOutcome Store(LicenseCommit commit)
    {
        var license = commit.After;
        if ((commit.ServesPendingOrder && !PendingIds.Remove(license.Id))
            || commit.GoodUntil <= time.GetUtcNow()
            || (commit.Resolution is { } asked && _conflicts[asked.ConflictId].Status != ConflictStatus.Open)
            || (commit.Before is { } before && _licenses[before.Id].License.Version != before.Version)
            || (commit.Order is { } order && (_orders.ContainsKey(order.Key) || HasOtherCustomerId(license))))
        {
            return StoreOutcome.ConcurrencyConflict;
        }

        var orders = commit.Before is null ? [] : _licenses[license.Id].Orders;
        _licenses[license.Id] = (license, commit.Code?.Text ?? _licenses[license.Id].CodeText, orders);
        if (commit.Order is { } placed)
        {
            _orders.Add(placed.Key, (placed, license.Id));
            orders.Add(placed.AsShown());
        }

        if (commit.FollowUpOrder is { } followUp)
        {
            orders.Add(followUp.AsShown());
        }

        foreach (var key in commit.Keys)
        {
            _answers.Add(AnswerKey(license, key), commit.Outcome);
        }

        if (commit.Conflict is { } conflict)
        {
            _conflicts.Add(conflict.Id, new ConflictRecord(conflict, ConflictStatus.Open, null, null));
        }

        if (commit.Resolution is { } resolution)
        {
            _conflicts[resolution.ConflictId] = _conflicts[resolution.ConflictId] with
            {
                Status = resolution.Status,
                ResolvedBy = resolution.Actor,
                ResolvedAt = resolution.At,
            };
            _resolvedExpiries[resolution.ConflictId] = license.ExpiresAt;
        }

        Commits.Add(commit);
        return StoreOutcome.Stored;
    }

    private bool HasOtherCustomerId(License license) => _licenses.Values.Any(each =>
        each.License.Customer.MarketplaceCustomerId == license.Customer.MarketplaceCustomerId && each.License.Customer.Id != license.Customer.Id);

    private static string AnswerKey(License license, CallKey key) => $"{license.Id} {license.Round} {Convert.ToHexString(key.Hash)}";
}
