using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Keys;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>
/// Keeps the <see cref="AuthorityMark"/> up with the database, and notices when the database has fallen behind it: then it was put in the place of a newer one, and
/// what was handed out since must not be handed out again. Looks at start, every few seconds, and at the stop. docs/adr/0013 says what is compared, and why. Thread-safe.
/// </summary>
internal sealed partial class RestoreWatch(
    AuthorityMark mark, IRestoreStore store, IStatusListStore lists, LiveKeys keys, IHostEnvironment environment, TimeProvider time, ILogger<RestoreWatch> logger)
    : PollingService(Interval, lookAtStart: false, time), IHostedLifecycleService, IStatusListMark
{
    /// <summary>From one look to the next: the mark is no older than twice that while events come.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Noticed while nodes serve, the newest event may be newer than what was lost: so much more may be unknown.
    private static readonly TimeSpan NoticedLateAfter = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _gate = new(1, 1);

    // Of before the service listens, by their URI: the mark hears of them when it does.
    private readonly Dictionary<string, StatusListToken> _untold = [];
    private (long List, int Drawn) _told;
    private DateTimeOffset? _countedByHand;
    private volatile AuthorityRecord? _authority;
    private volatile string? _fault;

    // Why somebody who was waiting for it was turned away, with a block of places or with a token; null since it could be written again.
    private volatile string? _drawingFault;
    private volatile string? _keepingFault;
    private bool _serving;
    private IDisposable? _held;

    /// <summary>A restore was recorded, here or by another node: what this process holds of before is void. Waits for nobody: the mark is held meanwhile.</summary>
    public event Action? Restored;

    /// <summary>Why the mark could not be kept up; null while it is.</summary>
    public string? Fault => _drawingFault ?? _keepingFault ?? _fault;

    /// <summary>Whether a restored database may not know a code that was issued then.</summary>
    public bool MayHaveLost(DateTimeOffset issuedAt) => _authority is { Restores: > 0 } authority
        && (authority.RestoredAfter is not { } after || issuedAt.ToUnixTimeSeconds() >= after.ToUnixTimeSeconds());

    /// <summary>Looks once before the service listens. A mark that is missing is made only when it serves.</summary>
    /// <exception cref="StorageException">The mark cannot be written.</exception>
    public async Task OpenAsync()
    {
        await mark.ProbeAsync();
        await LookOnceAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// It listens: a start that ends before, such as at an address in use, has served nobody, and must not bind the keys to the database that it was given.
    /// </summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        _held = await mark.ServeAsync();
        _serving = true;
        try
        {
            await LookOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is StoreBusyException or DbException or StorageException { InnerException: DbException })
        {
            // The database, and not the mark: whoever watches that says so, and the next look writes the mark.
            TellUnlessReported(exception);
        }
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The last events of a service that stops.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookOnceAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            // The service ends, maybe because the database was taken away; the mark is then as old as its last look.
            TellUnlessReported(exception);
        }

        _held?.Dispose();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _held?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    public async Task DrawnAsync(long list, int drawn, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var content = mark.Find();
            var figures = await ReadAsync(content, cancellationToken);

            // Every position is told once, by the node that drew it.
            var isTaken = content is not null && _told != (list, drawn) && content.Authority == figures.Authority.Id && content.Restores == figures.Authority.Restores
                && content.Drawn?.GetValueOrDefault(list) == drawn;
            if (isTaken || FindBehind(content, figures) is not null)
            {
                await RecordAsync(
                    content!, figures, NewRestoreId(), isTaken ? string.Create(CultureInfo.InvariantCulture, $"position {drawn} of list {list} was handed out before") : FindBehind(content, figures)!, cancellationToken);
                throw new StoreBusyException("The database was restored, and entries of a status list were about to be given out again. The call was not carried out; repeat it.");
            }

            _told = (list, drawn);
            await ChangeAsync(figures, before => before with { Drawn = Raised(before.Drawn, list, drawn) });
            _drawingFault = null;
        }
        catch (StorageException exception) when (_serving)
        {
            var busy = TurnAway(exception, _drawingFault);
            _drawingFault = exception.Message;
            throw busy;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async Task PublishedAsync(StatusListToken token, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var content = mark.Find();
            var figures = await ReadAsync(content, cancellationToken);
            if (_serving || !IsToBegin(content, figures))
            {
                await KeepAsync(token, figures);
                _keepingFault = null;
            }
            else
            {
                _untold[token.Uri] = token;
            }
        }
        catch (StorageException exception) when (_serving)
        {
            var busy = TurnAway(exception, _keepingFault);
            _keepingFault = exception.Message;
            throw busy;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public StatusListToken? FindPublished(string uri) => mark.ListTokens(out _).FirstOrDefault(token => token.Uri == uri);

    /// <summary>Looks once.</summary>
    public async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await CompareAsync(cancellationToken);
            if (_drawingFault is not null)
            {
                // The look writes only what is new, which may be nothing while everybody is turned away. A token is tried again all the time.
                await mark.ProbeAsync();
                _drawingFault = null;
            }

            _fault = null;
        }
        catch (StorageException exception)
        {
            _fault = exception.Message;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => LookOnceAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogNotKept(exception.Message);

    private void TellUnlessReported(Exception exception)
    {
        if (!StoreFaults.IsReported(exception))
        {
            TellFailure(exception);
        }
    }

    // The mark first, and then the database: what the mark says was in the database before it was written.
    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        var content = mark.Find(out var damage);
        var figures = await ReadAsync(content, cancellationToken);
        if (content is { RestoredAt: { } byHand })
        {
            // The same id for every start and every node that finds it said: recorded once, also if none of them comes to serve.
            var restoreId = RestoreIdOf(content.Authority, byHand);
            if (_countedByHand != byHand && figures.Authority.RestoreId != restoreId)
            {
                await RecordAsync(content, figures, restoreId, "\"storage restored\" says so", cancellationToken);
                _countedByHand = byHand;
                return;
            }

            if (_countedByHand != byHand)
            {
                // What it changed may not have been published yet.
                _countedByHand = byHand;
                Restored?.Invoke();
            }
        }
        else if (content is not null)
        {
            if (FindBehind(content, figures) is { } reason)
            {
                await RecordAsync(content, figures, NewRestoreId(), reason, cancellationToken);
                return;
            }

            if (content.Authority == figures.Authority.Id && content.Restores < figures.Authority.Restores)
            {
                // Another node has recorded a restore: what this mark knows counts in it.
                await CountInAsync(content, figures, openList: Lists(content).DefaultIfEmpty().Max() >= figures.Drawn.Keys.DefaultIfEmpty().Max(), cancellationToken);
            }
        }

        Remember(figures.Authority);
        if (!_serving && IsToBegin(content, figures))
        {
            if (damage is not null)
            {
                LogDamaged(mark.FullPath, damage);
            }
            else if (content is null && figures.Authority.MarkedAt is { } markedAt)
            {
                LogMissing(mark.FullPath, markedAt);
            }

            return;
        }

        await ChangeAsync(figures, static before => before);
        foreach (var token in _untold.Values)
        {
            await KeepAsync(token, figures);
        }

        _untold.Clear();
        if (figures.Authority.MarkedAt is null)
        {
            await store.RememberMarkAsync();
        }
    }

    private async Task<AuthorityFigures> ReadAsync(AuthorityMark.Content? content, CancellationToken cancellationToken) =>
        await store.ReadAsync(content?.NewestEvent?.Number, cancellationToken);

    // Null: it is level or ahead, as after every crash.
    private string? FindBehind(AuthorityMark.Content? content, AuthorityFigures figures)
    {
        var authority = figures.Authority;
        if (content is null or { RestoredAt: not null })
        {
            return null;
        }

        if (content.Authority != authority.Id)
        {
            // In Development people delete their data to begin anew, and the start has said so.
            return environment.IsDevelopment() ? null : $"it is that of the authority {authority.Id}, and the mark that of {content.Authority}";
        }

        if (content.Restores > authority.Restores || (content.Restores == authority.Restores && content.RestoreId != authority.RestoreId))
        {
            return string.Create(CultureInfo.InvariantCulture, $"it does not know the restore {content.Restores} of the mark");
        }

        if (content.NewestEvent is { } marked)
        {
            if (figures.NewestEvent is null || marked.Number > figures.NewestEvent.Number)
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"its newest event is {Describe(figures.NewestEvent)}, and the mark's {Describe(marked)}");
            }

            // A mark of before a restore that another node has recorded may name an event that was lost, and counts in that restore.
            if (content.Restores == authority.Restores && figures.EventOfMark != marked.At)
            {
                return string.Create(CultureInfo.InvariantCulture, $"its event {marked.Number} is another one than the mark's {Describe(marked)}");
            }
        }

        foreach (var (list, drawn) in content.Drawn ?? [])
        {
            if (drawn > figures.Drawn.GetValueOrDefault(list))
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"{figures.Drawn.GetValueOrDefault(list)} positions of its list {list} are handed out, and {drawn} of the mark's");
            }
        }

        foreach (var (uri, sequence) in content.Published ?? [])
        {
            if (sequence > figures.Published.GetValueOrDefault(uri))
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"its list {uri} has the seq {figures.Published.GetValueOrDefault(uri)}, and the mark's {sequence}");
            }
        }

        return null;
    }

    private async Task RecordAsync(
        AuthorityMark.Content content, AuthorityFigures figures, string restoreId, string reason, CancellationToken cancellationToken)
    {
        var before = $"mark: event {Describe(content.NewestEvent)}; database: event {Describe(figures.NewestEvent)}";
        await CountInAsync(content, figures, openList: true, cancellationToken);
        var left = figures.NewestEvent?.At;
        if (_serving && left is not null && content.NewestEvent is { } marked)
        {
            left = (left < marked.At ? left : marked.At) - NoticedLateAfter;
        }

        // A mark of before a restore is news to that one, and no restore of its own.
        var authority = content.Restores < figures.Authority.Restores && content.RestoredAt is null
            ? figures.Authority
            : await store.RecordAsync(
                figures.Authority,
                restoreId,
                left,
                $"the database was put in the place of a newer one ({reason}): what came after {Describe(figures.NewestEvent)} is lost. Compare with the marketplace's orders, "
                + "revoke again what was revoked, and see /admin/v1/licenses?codeInvalid=true (docs/operations.md, \"Restoring\")");
        LogBehind(reason, before);
        _authority = authority;
        Restored?.Invoke();
        if (_serving || content is { RestoredAt: null } and { Authority: var id } && id == authority.Id)
        {
            await mark.ChangeAsync(_ => Beginning(figures with { Authority = authority }));
        }
    }

    // All that licensed software may have seen of the lists, and then a list of which nobody has.
    private async Task CountInAsync(AuthorityMark.Content content, AuthorityFigures figures, bool openList, CancellationToken cancellationToken)
    {
        var tokens = mark.ListTokens(out var damaged);
        foreach (var path in damaged)
        {
            LogDamaged(path, "it is not whole");
        }

        foreach (var token in tokens)
        {
            // Genuine is enough, each by itself: what an older key has signed and no newer one yet was seen all the same, and a verifier that has heard of a theft by
            // one list would refuse the next.
            var verifier = new LicenseVerifier(keys.Ring.RootLines, productId: "any", new LicenseVerifierOptions { TimeProvider = Time });
            if (verifier.CheckStatusList(token.Text).List is not { } list)
            {
                LogDamaged(token.Uri, "the client refuses this token");
                continue;
            }

            await lists.TakeBackAsync(token, cancellationToken);
            await store.InvalidateAsync(token.List, index => list.GetStatus(index) == LicenseStatus.Invalid, cancellationToken);
        }

        if (openList)
        {
            var last = figures.Drawn.Keys.Concat(Lists(content)).Concat(tokens.Select(static token => token.List)).DefaultIfEmpty().Max();
            await lists.OpenAsync(Math.Max(last + 1, Time.GetUtcNow().ToUnixTimeSeconds()), cancellationToken);
        }
    }

    private void Remember(AuthorityRecord authority)
    {
        var before = _authority;
        _authority = authority;
        if (before is not null && before.RestoreId != authority.RestoreId)
        {
            Restored?.Invoke();
        }
    }

    // Nobody comes to harm by being turned away, as all are as long as nothing can be written; but then one line is enough.
    private StoreBusyException TurnAway(StorageException exception, string? told)
    {
        if (told is null)
        {
            LogTurnedAway(exception.Message);
        }

        return new StoreBusyException(
            "The mark beside the keys cannot be written, so nothing new may be handed out. The call was not carried out; repeat it.", innerException: exception) { IsReported = true };
    }

    // A mark that is missing, or that speaks of another database: only a service that serves binds the keys to this one.
    private static bool IsToBegin(AuthorityMark.Content? content, AuthorityFigures figures) =>
        content is null or { RestoredAt: not null } || content.Authority != figures.Authority.Id;

    private static string NewRestoreId() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static string RestoreIdOf(string authority, DateTimeOffset saidAt) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{authority}/{saidAt.UtcTicks}"))).AsSpan(0, 16));

    private Task KeepAsync(StatusListToken token, AuthorityFigures figures) => mark.KeepAsync(
        token, Following(figures, before => before with { Published = Raised(before.Published, token.Uri, token.Sequence) }));

    private Task ChangeAsync(AuthorityFigures figures, Func<AuthorityMark.Content, AuthorityMark.Content> change) => mark.ChangeAsync(Following(figures, change));

    // From what the mark says now, which another node may have written since: it goes on, or begins anew where it is missing or of before a restore.
    private static Func<AuthorityMark.Content?, AuthorityMark.Content?> Following(
        AuthorityFigures figures, Func<AuthorityMark.Content, AuthorityMark.Content> change) => now =>
    {
        var authority = figures.Authority;
        if (now is null or { RestoredAt: not null } || now.Authority != authority.Id || now.Restores < authority.Restores)
        {
            return change(Beginning(figures));
        }

        if (now.Restores > authority.Restores || now.RestoreId != authority.RestoreId)
        {
            return now;
        }

        var isNewer = figures.NewestEvent is { } newest && (now.NewestEvent is not { } marked || newest.Number > marked.Number);
        return change(isNewer ? now with { NewestEvent = figures.NewestEvent } : now);
    };

    private static AuthorityMark.Content Beginning(AuthorityFigures figures) =>
        new(figures.Authority.Id, figures.Authority.ServedAt, RestoredAt: null, figures.Authority.Restores, figures.Authority.RestoreId, figures.NewestEvent);

    private static IEnumerable<long> Lists(AuthorityMark.Content content) => content.Drawn?.Keys.AsEnumerable() ?? [];

    private static SortedDictionary<TKey, TValue> Raised<TKey, TValue>(SortedDictionary<TKey, TValue>? before, TKey key, TValue value)
        where TKey : notnull
        where TValue : IComparable<TValue>
    {
        var after = before is null ? new SortedDictionary<TKey, TValue>() : new SortedDictionary<TKey, TValue>(before);
        if (!after.TryGetValue(key, out var there) || there.CompareTo(value) < 0)
        {
            after[key] = value;
        }

        return after;
    }

    private static string Describe(MarkedEvent? marked) =>
        marked is null ? "none" : string.Create(CultureInfo.InvariantCulture, $"{marked.Number} of {Rfc3339.Seconds(marked.At)}");

    [LoggerMessage(
        LogLevel.Error,
        "database-behind: the database was put in the place of a newer one: {Reason} ({Figures}). What came after is lost: new codes go to a new status list, and /admin/v1/conflicts?kind=restored has an entry until you dismiss it (docs/operations.md, \"Restoring\").")]
    private partial void LogBehind(string reason, string figures);

    [LoggerMessage(
        LogLevel.Warning,
        "{Path} of the mark beside the keys is damaged ({Reason}), and counts as if it were not there. A restore of the database that came with it is not noticed: say \"LicenseAuthority storage restored\" then.")]
    private partial void LogDamaged(string path, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "{Path}, the mark of the authority, is not there, and there has been one since {MarkedAt}: it is made anew. If the database was restored too, that is not noticed: stop the service, say \"LicenseAuthority storage restored\", and start again.")]
    private partial void LogMissing(string path, DateTimeOffset markedAt);

    [LoggerMessage(LogLevel.Error, "Orders and what else needs a new license code are turned away (000005, 503) until the mark beside the keys can be written: {Reason}")]
    private partial void LogTurnedAway(string reason);

    [LoggerMessage(LogLevel.Warning, "The mark beside the keys is not kept up with the database, and a restore would not be noticed: {Reason}")]
    private partial void LogNotKept(string reason);
}
