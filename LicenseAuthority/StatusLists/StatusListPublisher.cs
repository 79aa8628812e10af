using System.Runtime.ExceptionServices;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Keeps the published lists as the rows say. Each look takes over what other nodes have published, reads the licenses that changed, and a page of all licenses while
/// a full rebuild is under way, and signs what is due. Every node does so; which token counts is decided under the lock on its list, and a node that lost takes the
/// other's over and looks again. One look at a time; thread-safe.
/// </summary>
internal sealed partial class StatusListPublisher(
    IStatusListStore store, IStatusRows rows, StatusListWriter writer, StatusListBoard board, PublicUrl publicUrl, IEnumerable<IStatusListMark> marks,
    UnreadableLicenses unreadable, StatusListMetrics metrics, TimeProvider time, ILogger<StatusListPublisher> logger)
    : IDisposable
{
    /// <summary>Under a flood of changes a list is published so often.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    /// <summary>For so long publishing may fail before an operator should look.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The rebuild of a start leaves the cores to the first callers for so long: what is stored is served meanwhile.</summary>
    public static readonly TimeSpan RebuildAfter = TimeSpan.FromSeconds(2);

    private const int EventsAtATime = 4096;
    private const int LicensesAtATime = 256;

    // A transaction of another node that has a number and is not committed yet is waited for, for longer than any may take.
    private const int LateEventsAtStart = 4096;
    private const int MostLateEvents = 10_000;
    private static readonly TimeSpan LateEventsWait = TimeSpan.FromMinutes(1);

    // After another node has published, what happened so shortly before is read again: it may have decided on rows that are older than those read here.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(10);

    private readonly IStatusListMark[] _marks = [.. marks];
    private readonly SemaphoreSlim _gate = new(1);
    private readonly SortedDictionary<long, StatusListState> _lists = [];
    private readonly Dictionary<long, long> _lateEvents = [];
    private readonly Queue<(long Timestamp, long Event)> _positions = new();

    // Numbers of events: up to here the rows were read. Null = not begun.
    private long? _position;

    // The license up to which the rebuild has come; null = none is under way.
    private string? _walk = "";
    private HashSet<(long List, string Uri)>? _foundUris;

    // What has been signed since all lists are to be signed anew; null = they are not.
    private HashSet<(long List, string Uri)>? _signedAnew;
    private long _openedAt;
    private Failure? _failing;
    private bool _toldFailing;

    /// <summary>Whether a look has left something to do at once.</summary>
    public bool HasMore { get; private set; }

    /// <summary>How long publishing has failed without a success; zero = it works.</summary>
    public TimeSpan FailingFor => Volatile.Read(ref _failing) is { } since ? time.GetElapsedTime(since.Timestamp) : TimeSpan.Zero;

    /// <summary>Takes over and serves what is stored, before anybody is answered.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _openedAt = time.GetTimestamp();
            (await TakeOverAsync(only: null, cancellationToken))?.Throw();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Looks once, and publishes what is due.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var notServed = await TakeOverAsync(only: null, cancellationToken);
            var backlog = await ReadChangesAsync(cancellationToken);
            var mayWalk = time.GetElapsedTime(_openedAt) >= RebuildAfter || _lists.Values.Any(static list => list.IsRebuilt);
            if (mayWalk)
            {
                await WalkAsync(cancellationToken);
            }

            var notPublished = await PublishDueAsync(cancellationToken);
            (notServed ?? notPublished)?.Throw();
            HasMore = backlog || (mayWalk && _walk is not null);
            Volatile.Write(ref _failing, null);
            _toldFailing = false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            HasMore = false;
            if (_failing is null)
            {
                Volatile.Write(ref _failing, new Failure(time.GetTimestamp()));
            }

            if (!_toldFailing && !StoreFaults.IsReported(exception))
            {
                _toldFailing = true;

                // What is known to happen needs no stack trace.
                LogFailed(exception is SigningException or StoreBusyException ? null : exception, exception.Message);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Publishes a list that was opened just now, or takes over that another node has.</summary>
    public async Task PublishAsync(long list, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // The second time what another node was faster with.
            for (var attempt = 0; attempt < 2 && !board.Serves(list); attempt++)
            {
                (await TakeOverAsync(list, cancellationToken))?.Throw();
                if (!board.Serves(list) && _lists.TryGetValue(list, out var state) && !state.IsRebuilt)
                {
                    await TryPublishAsync(list, state, publicUrl.StatusListUri(list), cancellationToken);
                }
            }
        }
        finally
        {
            _gate.Release();
        }

        if (!board.Serves(list))
        {
            throw new SigningException($"Status list {list} could not be published, so no code that names it may leave.");
        }
    }

    /// <summary>The newest token of a list, also one that another node has published just now; null = there is none.</summary>
    public Task<ServedStatusList?> FindAsync(long list, string host, CancellationToken cancellationToken) =>
        FindAsync(() => board.Find(list, host), head => head.List == list, cancellationToken);

    /// <summary>
    /// The newest token of the list in which a code has its entry, under the URI by which that code names it; null = none was published yet, as for a code from before
    /// lists were.
    /// </summary>
    /// <param name="code">The text of a code that was issued here.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<ServedStatusList?> FindForCodeAsync(string code, CancellationToken cancellationToken) => CodeGrant.Read(code)?.Uri is { } uri
        ? await FindAsync(() => board.Find(uri), head => head.Uri == uri, cancellationToken)
        : null;

    /// <summary>Has the next look sign every list anew, and read all licenses again: after a restore, and whenever rows were changed without an event.</summary>
    public async Task RenewAllAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _signedAnew = [];
            BeginWalk();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<ServedStatusList?> FindAsync(Func<ServedStatusList?> find, Func<StatusListHead, bool> isMeant, CancellationToken cancellationToken)
    {
        if (find() is { } served)
        {
            return served;
        }

        if ((await store.ListHeadsAsync(cancellationToken)).FirstOrDefault(head => isMeant(head) && head.Sequence > 0) is not { } published)
        {
            return null;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            (await TakeOverAsync(published.List, cancellationToken))?.Throw();
        }
        finally
        {
            _gate.Release();
        }

        return find();
    }

    // Answers the first failure; those behind it have nothing to do with it, only the store is all of theirs.
    private async Task<ExceptionDispatchInfo?> TakeOverAsync(long? only, CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? failure = null;
        var taken = false;
        foreach (var head in await store.ListHeadsAsync(cancellationToken))
        {
            if (only is { } list && head.List != list)
            {
                continue;
            }

            var state = StateOf(head.List);
            state.Name(head.Uri);
            if (head.Sequence <= board.SequenceOf(head.List, head.Uri) || state.IsDamaged(head.Uri, head.Sequence)
                || await store.FindTokenAsync(head.List, head.Uri, cancellationToken) is not { } token)
            {
                continue;
            }

            // Also one that this node has published and could not mark; that changes nothing here.
            if (state.Tokens[head.Uri]?.Sequence != token.Sequence)
            {
                if (StoredToken.ReadEntries(token) is { } entries)
                {
                    state.TakeOver(token, entries, TakenOverAt());
                }
                else if (FindKept(token) is { } kept)
                {
                    // What was published stands beside the keys as well; the row is written anew with the next token.
                    LogDamaged(token.List, token.Uri);
                    token = kept;
                    state.TakeOver(token, StoredToken.ReadEntries(token)!, TakenOverAt());
                    state.SignAnew(token.Uri);
                }
                else
                {
                    LogDamaged(token.List, token.Uri);
                    state.TakeOverDamaged(token);
                    BeginWalk();
                }

                taken = true;
            }

            if (state.IsRebuilt || state.IsDamaged(token.Uri, token.Sequence))
            {
                // Nothing of it can be served before all rows were read: what is revoked would look valid. Nor is the damaged token itself ever served, or marked:
                // signing another one may fail for long.
                continue;
            }

            try
            {
                await MarkAndServeAsync(token, cancellationToken);
            }
            catch (Exception exception) when (IsOfOneList(exception))
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        if (taken)
        {
            GoBack();
        }

        return failure;
    }

    private static bool IsOfOneList(Exception exception) => exception is not (OperationCanceledException or IStoreFault);

    private async Task<bool> ReadChangesAsync(CancellationToken cancellationToken)
    {
        var newest = await rows.FindNewestEventAsync(cancellationToken);
        if (_position is null)
        {
            // What was before the rebuild reads by itself.
            _position = rows.HasLateEvents ? Math.Max(0, newest - LateEventsAtStart) : newest;
        }
        else if (newest < _position)
        {
            // The database was taken back under a running service.
            _position = newest;
            _positions.Clear();
            _lateEvents.Clear();
            BeginWalk();
        }

        await ReadLateEventsAsync(cancellationToken);
        var events = newest > _position ? await rows.ListEventsAsync(_position.Value, EventsAtATime, cancellationToken) : [];
        if (events.Count == 0)
        {
            Remember();
            return false;
        }

        var upTo = events[^1];
        if (rows.HasLateEvents)
        {
            AwaitGaps(events);
        }

        foreach (var license in await rows.ListChangedAsync(_position.Value, upTo, cancellationToken))
        {
            Apply(license);
        }

        _position = upTo;
        Remember();
        return upTo < newest;
    }

    // Numbers that are missing between others belong to transactions that were rolled back, or are still under way.
    private void AwaitGaps(IReadOnlyList<long> events)
    {
        var expected = _position!.Value + 1;
        foreach (var number in events)
        {
            if (number - expected + _lateEvents.Count > MostLateEvents)
            {
                BeginWalk();
                _lateEvents.Clear();
            }
            else
            {
                for (; expected < number; expected++)
                {
                    _lateEvents.TryAdd(expected, time.GetTimestamp());
                }
            }

            expected = number + 1;
        }
    }

    private async Task ReadLateEventsAsync(CancellationToken cancellationToken)
    {
        if (_lateEvents.Count == 0)
        {
            return;
        }

        var first = _lateEvents.Keys.Min();
        var last = _lateEvents.Keys.Max();
        var come = new List<long>();
        for (var after = first - 1; after < last;)
        {
            var events = await rows.ListEventsAsync(after, EventsAtATime, cancellationToken);
            if (events.Count == 0)
            {
                break;
            }

            come.AddRange(events.Where(_lateEvents.ContainsKey));
            after = events[^1];
        }

        foreach (var number in come)
        {
            foreach (var license in await rows.ListChangedAsync(number - 1, number, cancellationToken))
            {
                Apply(license);
            }

            _lateEvents.Remove(number);
        }

        foreach (var (number, _) in _lateEvents.Where(late => time.GetElapsedTime(late.Value) >= LateEventsWait).ToList())
        {
            _lateEvents.Remove(number);
        }
    }

    private async Task WalkAsync(CancellationToken cancellationToken)
    {
        if (_walk is null)
        {
            return;
        }

        // Lists from before URIs were stored: their codes tell, all of them once.
        var unnamed = _foundUris is null && _walk.Length > 0 ? null : await FindUnnamedAsync(cancellationToken);
        if (_walk.Length == 0)
        {
            _foundUris = unnamed is { Count: > 0 } ? [] : null;
        }

        if (await rows.ListPageAsync(_walk, LicensesAtATime, withAllTexts: _foundUris is not null, cancellationToken) is { } page)
        {
            foreach (var license in page.Licenses)
            {
                FindUris(license, unnamed);
                Apply(license);
            }

            _walk = page.LastLicense;
            return;
        }

        if (_foundUris is not null)
        {
            // One without any code was never named: it can be named as lists are now.
            var uris = _foundUris.Concat(unnamed!.Where(list => _foundUris.All(found => found.List != list)).Select(list => (list, publicUrl.StatusListUri(list))));
            await store.AddUrisAsync([.. uris.Select(static found => new StatusListHead(found.Item1, found.Item2, 0))], cancellationToken);
            (await TakeOverAsync(only: null, cancellationToken))?.Throw();
        }

        _walk = null;
        _foundUris = null;
        foreach (var state in _lists.Values)
        {
            state.Rebuilt();
        }
    }

    private async Task<HashSet<long>> FindUnnamedAsync(CancellationToken cancellationToken)
    {
        var named = (await store.ListHeadsAsync(cancellationToken)).Select(static head => head.List).ToHashSet();
        return [.. (await store.ListAsync(cancellationToken)).Select(static list => list.List).Where(list => !named.Contains(list))];
    }

    private void FindUris(LicenseEntries license, HashSet<long>? unnamed)
    {
        if (_foundUris is null)
        {
            return;
        }

        foreach (var code in license.Codes)
        {
            if (unnamed!.Contains(code.List) && CodeGrant.Read(code.Text!)?.Uri is { } uri)
            {
                _foundUris.Add((code.List, uri));
            }
        }
    }

    // Answers the first failure, as above.
    private async Task<ExceptionDispatchInfo?> PublishDueAsync(CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? failure = null;
        foreach (var (list, state) in _lists.Where(static list => !list.Value.IsRebuilt))
        {
            var changed = state.IsChanged && (state.PublishedAt is not { } publishedAt || time.GetElapsedTime(publishedAt) >= Pace);
            foreach (var (uri, token) in state.Tokens.ToList())
            {
                var anew = state.IsToBeSignedAnew(uri) || _signedAnew?.Contains((list, uri)) == false;
                if (!changed && !anew && token is not null && !IsToBeSignedAgain(token))
                {
                    continue;
                }

                try
                {
                    if (await TryPublishAsync(list, state, uri, cancellationToken))
                    {
                        _signedAnew?.Add((list, uri));
                    }
                }
                catch (Exception exception) when (IsOfOneList(exception))
                {
                    failure ??= ExceptionDispatchInfo.Capture(exception);
                }
            }
        }

        if (_signedAnew is { } signed && failure is null && _lists.All(list => list.Value.Tokens.Keys.All(uri => signed.Contains((list.Key, uri)))))
        {
            _signedAnew = null;
        }

        return failure;
    }

    // Once a day, as software that comes each day has to learn the time from it: a list that nobody needed to change would be too old for a MaxStatusAge of a week, and
    // no way out for who has had a wrong year. Before half of a shorter life is over; and with the newest key, as after a theft licensed software refuses what older ones
    // signed.
    private bool IsToBeSignedAgain(StatusListToken token)
    {
        const double PartOfLife = 0.4;

        // Signed by a clock that was ahead: licensed software, which tolerates a day, takes its own for one that was turned back. Clocks of nodes differ by less.
        var largestLead = TimeSpan.FromHours(1);
        var age = time.GetUtcNow() - token.IssuedAt;
        var life = token.ExpiresAt - token.IssuedAt;
        return writer.IsToReplace(token) || age >= TimeSpan.FromDays(1) || age >= PartOfLife * life || -age > largestLead;
    }

    // False: another node was faster, which the next look takes over.
    private async Task<bool> TryPublishAsync(long list, StatusListState state, string uri, CancellationToken cancellationToken)
    {
        if (state.Tokens[uri] is { } newest && writer.IsByNewerKey(newest))
        {
            throw new SigningException(
                $"Status list {list} is not signed: certificate {newest.KeySerial} has signed it, and this node has {writer.KeySerial}, which may be revoked. "
                + "It looks for the newer one all the time; where that stays away, copy it from the node that has it.");
        }

        var startedAt = time.GetTimestamp();
        var entries = state.Entries.Copy();
        var last = state.Tokens[uri]?.Sequence ?? 0;
        var token = writer.Sign(list, uri, entries, last);
        if (!await store.TryPublishAsync(token, last, cancellationToken))
        {
            return false;
        }

        state.Publish(token, entries, time.GetTimestamp());
        metrics.Published(startedAt);
        await MarkAndServeAsync(token, cancellationToken);
        return true;
    }

    private async Task MarkAndServeAsync(StatusListToken token, CancellationToken cancellationToken)
    {
        foreach (var mark in _marks)
        {
            await mark.PublishedAsync(token, cancellationToken);
        }

        board.Serve(token);
    }

    // What this node takes over when it starts may be old, and holds nothing back.
    private long? TakenOverAt() => _position is null ? null : time.GetTimestamp();

    // A list that nobody has named yet is filled all the same: it is named when all of its codes have been read.
    private void Apply(LicenseEntries license)
    {
        try
        {
            var entries = StatusRule.Of(license);
            for (var i = 0; i < entries.Length; i++)
            {
                StateOf(license.Codes[i].List).Entries.Set(license.Codes[i].Index, entries[i]);
            }

            unreadable.Read(license.License.Id, StoredParts.Codes);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException or IndexOutOfRangeException or OverflowException)
        {
            // A code of it that was changed by hand; its entries stay what they were, and those of others are published.
            unreadable.Found(new UnreadableLicenseException(license.License.Id, "one of its codes is damaged, or was changed by hand", exception), StoredParts.Codes);
        }
    }

    private StatusListState StateOf(long list)
    {
        if (!_lists.TryGetValue(list, out var state))
        {
            _lists.Add(list, state = new StatusListState());
        }

        return state;
    }

    private void BeginWalk()
    {
        _walk = "";
        _foundUris = null;
    }

    private void Remember()
    {
        _positions.Enqueue((time.GetTimestamp(), _position!.Value));
        while (_positions.Count > 1 && time.GetElapsedTime(_positions.Peek().Timestamp) > Overlap)
        {
            _positions.Dequeue();
        }
    }

    private void GoBack()
    {
        if (_position is not null && _positions.TryPeek(out var oldest))
        {
            _position = Math.Min(_position.Value, oldest.Event);
        }
    }

    // The token that was published last, as the mark has it; null = it has another one, or none that can be read.
    private StatusListToken? FindKept(StatusListToken token) =>
        Array.ConvertAll(_marks, mark => mark.FindPublished(token.Uri))
            .FirstOrDefault(kept => kept?.Sequence == token.Sequence && StoredToken.ReadEntries(kept) is not null);

    [LoggerMessage(LogLevel.Error, "The stored token of status list {List} ({Uri}) cannot be read: it is damaged, or was changed by hand. It is made anew from the rows.")]
    private partial void LogDamaged(long list, string uri);

    [LoggerMessage(LogLevel.Warning, "Status lists are not published for now, and this goes on trying: {Reason}")]
    private partial void LogFailed(Exception? exception, string reason);

    private sealed record Failure(long Timestamp);
}
