using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// Keeps what a guard has: in memory, as a <see cref="VaultState"/> that is read without waiting, and in a store that several processes may share. Whatever comes is
/// verified, and merged so that nothing worse takes the place of something better. Never throws for what is in a store or a text. Thread-safe: one change at a time.
/// </summary>
internal sealed class Vault
{
    private readonly object _gate = new();
    private readonly LicenseVerifier _verifier;
    private readonly string _productId;
    private readonly bool _acceptTests;
    private readonly string[] _fingerprints;
    private readonly LicenseStore _store;
    private readonly TimeProvider _time;
    private readonly long _started;
    private volatile VaultState _state;
    private volatile Trouble? _notWritable;
    private volatile bool _wasDamaged;
    private volatile bool _isOfOtherProduct;
    private bool _isUnread;
    private string? _stamp;
    private byte[]? _stored;
    private DateTimeOffset? _keptSeen;
    private uint _storedMinimum;

    // What is in the store, as far as this process knows; null: something else.
    private VaultState? _kept;

    public Vault(
        LicenseVerifier verifier, string productId, bool acceptTests, string[] fingerprints, LicenseStore store, ClockPolicy policy, TimeProvider time)
    {
        (_verifier, _productId, _acceptTests, _fingerprints, _store, _time) = (verifier, productId, acceptTests, fingerprints, store, time);
        _started = time.GetTimestamp();
        _state = new VaultState(TrustedClock.Start(policy, Sample()));
        lock (_gate)
        {
            ReadStore();
            _kept = _wasDamaged || _isOfOtherProduct ? null : _state;
        }
    }

    /// <summary>What is held now.</summary>
    public VaultState State => _state;

    /// <summary>Since when the store cannot be written, by the clock; null: it can.</summary>
    public DateTimeOffset? NotWritableSince => _notWritable?.At;

    /// <summary>Whether the store was found torn or changed by somebody else.</summary>
    public bool WasDamaged => _wasDamaged;

    /// <summary>Whether the store is another product's; it is left alone.</summary>
    public bool IsOfOtherProduct => _isOfOtherProduct;

    /// <summary>Where it is kept.</summary>
    public string Place => _store.Describe();

    /// <summary>Both clocks, now.</summary>
    public ClockSample Sample() => new(_time.GetUtcNow(), _time.GetElapsedTime(_started));

    /// <summary>The time to judge by, now.</summary>
    public ClockReading ReadClock() => _state.Clock.Read(Sample());

    /// <summary>Whether what somebody gives is of no use here, whatever is held.</summary>
    /// <param name="file">What is given.</param>
    /// <param name="check">Of its code by its own list; where there is none and the list is bad, what is wrong with that.</param>
    /// <param name="code">Its code; null: it has none that is genuine.</param>
    public bool IsRefused(LicenseFile file, out LicenseCheck check, out HeldCode? code)
    {
        code = null;
        check = default;
        var clock = ReadClock();
        if (file.Fault is { } fault)
        {
            check = new LicenseCheck(clock.Now, CodeFault.OfFile(fault));
            return true;
        }

        var list = _verifier.CheckStatusList(file.GetStatusList());
        if (file.GetCode() is not { } text)
        {
            if (list.Fault is { } listFault)
            {
                check = new LicenseCheck(clock.Now, listFault);
            }

            return list.Fault is not null;
        }

        if (_verifier.Read(text, out var codeFault) is not { } read)
        {
            check = new LicenseCheck(clock.Now, codeFault!);
            return true;
        }

        code = new HeldCode(read, MatchesOf(read), null);
        check = _verifier.Check(read, list.List, code.DeviceMatches, clock);
        return check.Outcome is LicenseOutcome.WrongProduct or LicenseOutcome.TestLicense or LicenseOutcome.WrongDevice or LicenseOutcome.UntrustedKey;
    }

    /// <summary>Takes what is better than what is held, and stores it. True if something of it was taken, or could be now.</summary>
    public bool Take(VaultNews news)
    {
        lock (_gate)
        {
            var before = _state;
            Apply(news);
            var changed = !IsSame(before, _state);
            if (changed)
            {
                WriteStore();
            }

            return changed;
        }
    }

    /// <summary>
    /// Changes the marks of fetching, by those that are stored, under the store's lock: so of several processes one goes first. False, and nothing is changed, if
    /// <paramref name="change"/> gives null.
    /// </summary>
    public bool TryMark(Func<FetchMarks, FetchMarks?> change)
    {
        lock (_gate)
        {
            var done = false;
            var written = WriteStore(() =>
            {
                if (change(_state.Fetch) is { } marks)
                {
                    _state = _state.With(_state.Clock, marks);
                    done = true;
                }
            });
            if (!written && !done && change(_state.Fetch) is { } own)
            {
                // Nobody else can be asked: each process for itself.
                _state = _state.With(_state.Clock, own);
                done = true;
            }

            return done;
        }
    }

    /// <summary>Looks at the clock, and at what others have stored; keeps the own mark each hour.</summary>
    public void Look()
    {
        lock (_gate)
        {
            _state = _state.With(_state.Clock.Look(Sample()), _state.Fetch);
            string? stamp = null;
            var isStamped = Try(() => stamp = _store.GetStamp());
            var wasUnread = _isUnread;
            if (!isStamped || stamp is null || stamp != _stamp)
            {
                ReadStore();
            }

            if (wasUnread && !_isUnread)
            {
                WriteStore();
            }

            // A code that was ahead of the clock may count now.
            Apply(new VaultNews());
            var seen = _state.Clock.Marks.Seen;
            if (seen - _keptSeen >= TimeSpan.FromHours(1) || (seen is not null && _keptSeen is null) || seen < _keptSeen)
            {
                WriteStore();
            }
        }
    }

    /// <summary>Finds out whether the store can be written, and writes what is not there yet. Costs no write where nothing but the time is new.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _state = _state.With(_state.Clock.Look(Sample()), _state.Fetch);
            WriteStore(evenForTime: false);
        }
    }

    /// <summary>Says that a guard uses what is stored, until the end of the process at the latest; null: nobody counts them here.</summary>
    public IDisposable? Join()
    {
        IDisposable? joined = null;
        Try(() => joined = _store.Join());
        return joined;
    }

    /// <summary>Ends the use, and says whether nobody else is there who goes on with it.</summary>
    public bool Leave(IDisposable? joined)
    {
        var isLast = true;
        Try(() => isLast = joined is null || _store.Leave(joined));
        return isLast;
    }

    /// <summary>Writes what is not written yet, with the newest own mark.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _state = _state.With(_state.Clock.Look(Sample()), _state.Fetch);
            WriteStore();
        }
    }

    // What is stored: a whole document, else the last good one; and of what somebody else has put there the signed parts.
    private void ReadStore()
    {
        // Until it was read, each look tries again.
        _stamp = null;
        _isUnread = !Try(() =>
        {
            var stamp = _store.GetStamp();
            var bytes = _store.Read();
            if (bytes is null || _stored is null || !bytes.SequenceEqual(_stored))
            {
                MergeStored(bytes);
                _stored = bytes;
            }

            _stamp = stamp;
        });
    }

    private void MergeStored(byte[]? bytes)
    {
        // Gone, as after a replacement that broke off half way, is as good as torn. Where there never was one, there is no last good one either.
        var document = StoreDocument.Read(bytes, out var foreign);
        if (document is null)
        {
            var last = _store.ReadLast();
            _wasDamaged |= bytes is not null || last is not null;
            document = StoreDocument.Read(last, out _);
        }

        _isOfOtherProduct = document is not null && document.ProductId != _productId;
        if (_isOfOtherProduct)
        {
            _notWritable ??= new Trouble(_time.GetUtcNow());
            return;
        }

        if (document is not null)
        {
            _storedMinimum = Math.Max(_storedMinimum, document.MinimumSerial);
            _verifier.Raise(_storedMinimum);
            Apply(VaultNews.Of(document));
        }

        if (foreign is { IsWellFormed: true })
        {
            Apply(VaultNews.Of(foreign));
        }
    }

    private bool WriteStore(Action? beforeWriting = null, bool evenForTime = true)
    {
        if (_isOfOtherProduct)
        {
            return false;
        }

        var isWritten = false;
        Try(() => isWritten = _store.TryUpdate(stored =>
        {
            if (stored is null || _stored is null || !stored.SequenceEqual(_stored))
            {
                MergeStored(stored);
                _stored = stored;
                if (_isOfOtherProduct)
                {
                    return null;
                }
            }

            beforeWriting?.Invoke();
            if (!evenForTime && _kept is { } kept && IsSame(kept, _state))
            {
                return null;
            }

            var bytes = _state.ToDocument(_productId, _verifier.MinimumKeySerial).Write();
            if (stored is not null && bytes.SequenceEqual(stored))
            {
                return null;
            }

            _stored = bytes;
            return bytes;
        }));
        if (isWritten && !_isOfOtherProduct)
        {
            _notWritable = null;
            _kept = _state;

            // Not the stamp of now: another process may have written since the lock was let go.
            _stamp = null;
            _isUnread = false;
        }
        else
        {
            // So that it is written again: what is stored is not what is held.
            _stored = null;
            _kept = null;
            _notWritable ??= new Trouble(_time.GetUtcNow());
        }

        _keptSeen = _state.Clock.Marks.Seen;
        return isWritten && !_isOfOtherProduct;
    }

    private void Apply(VaultNews news)
    {
        var sample = Sample();
        var lists = MergeLists(news.Lists);
        var minimum = _verifier.MinimumKeySerial;
        var clock = _state.Clock.Merge(news.Clock, minimum, sample);
        var givenUp = Union(_state.GivenUp, news.GivenUp, static (one, other) => one.CompareWith(other) > 0);
        if (news.GotPlaceOf is { } got && givenUp.TryGetValue(got, out var before))
        {
            givenUp[got] = before.GotAgain();
        }

        var all = _state.Codes.Select(held => Hold(held, lists)).ToList();
        foreach (var text in news.Codes)
        {
            if (_verifier.Read(text, out _) is { } code && IsForHere(code) && all.TrueForAll(held => held.Code.GetText() != code.GetText()))
            {
                all.Add(Hold(code, MatchesOf(code), lists));
            }
        }

        all.RemoveAll(held => givenUp.TryGetValue(held.Binding, out var place) && place.IsGivenUp && held.Code.IssuedAt <= place.IssuedAt);

        // A code may have brought news of revoked keys.
        minimum = _verifier.MinimumKeySerial;
        lists = lists.FindAll(held => held.List.Certificate.Serial >= minimum);
        clock = clock.Merge(ClockMarks.None, minimum, sample);
        all = all.ConvertAll(held => Hold(held, lists));

        if (IsTakenBack(clock.Marks.Signed, lists, all, minimum))
        {
            clock = clock.TakeBack();
        }

        var reading = clock.Read(sample);
        var latest = LatestKnown(clock, sample);
        var codes = CodeRanking.Keep(all, minimum, latest, held => _verifier.Check(held.Code, held.List, held.DeviceMatches, reading).Outcome);
        foreach (var held in codes.Where(held => !CodeRanking.IsVoid(held, minimum, latest)))
        {
            clock = clock.Learn(held.Code.IssuedAt, held.Code.Certificate.Serial, sample);
        }

        // A list of codes that are not here says nothing of the time, and one that was made ahead of all that is known of it does not either: a clock that is right
        // is not to be told that it is behind.
        var named = lists.FindAll(list => codes.Exists(held => held.Code.StatusListUri == list.List.Uri));
        latest = LatestKnown(clock, sample);
        foreach (var held in named.Where(held => !CodeRanking.IsAhead(held.List.IssuedAt, latest)))
        {
            clock = clock.Learn(held.List.IssuedAt, held.List.Certificate.Serial, sample);
        }

        var first = codes.Count > 0 ? codes[0].Code.StatusListUri : null;
        var names = new HashSet<string>(codes.ConvertAll(static held => held.Name).Concat(codes.ConvertAll(static held => held.Binding)), StringComparer.Ordinal);
        var freed = Union(_state.Freed, news.Freed, static (one, other) => one < other, names);
        foreach (var held in codes.Where(held => held.Code.LicenseId == news.NotFreed))
        {
            freed.Remove(held.Name);
        }

        _state = new VaultState(clock)
        {
            Codes = [.. codes],
            Lists = [.. named.OrderByDescending(held => held.List.Uri == first).ThenBy(static held => held.List.Uri, StringComparer.Ordinal)],
            DeviceId = news.DeviceId ?? _state.DeviceId,
            Fetch = FetchMarks.Merge(_state.Fetch, news.Fetch),
            Calls = CallMarks.Merge(_state.Calls, news.Calls),
            Activations = Union(_state.Activations, news.Activations, static (one, other) => string.CompareOrdinal(one, other) > 0, names),
            GivenUp = givenUp,
            Freed = freed,
        };
    }

    // The later one of the clock and the latest known time; null: there is no clock to go by.
    private static DateTimeOffset? LatestKnown(TrustedClock clock, in ClockSample sample) =>
        clock.Read(sample).Standing == ClockStanding.Running || clock.IsWithoutATime ? null
            : sample.Wall > clock.Marks.Floor ? sample.Wall : clock.Marks.Floor;

    // The authority's clock was ahead when it signed that time, and the authority says so: by a later list with an earlier time, or by calling the code over.
    private bool IsTakenBack(DateTimeOffset? signed, List<HeldList> lists, List<HeldCode> codes, uint minimum) =>
        signed is not null
        && (Array.Exists(_state.Lists, old => old.List.IssuedAt == signed && lists.Exists(held => held.List.Uri == old.List.Uri && held.List.IssuedAt < signed))
            || (codes.Exists(held => held.Code.IssuedAt == signed && CodeRanking.IsOver(held, minimum))
                && codes.Exists(held => held.Code.IssuedAt < signed && held.List?.IssuedAt < signed && !CodeRanking.IsOver(held, minimum))));

    private static HeldCode Hold(LicenseCode code, int deviceMatches, List<HeldList> lists) =>
        new(code, deviceMatches, lists.Find(held => held.List.Uri == code.StatusListUri)?.List);

    private static HeldCode Hold(HeldCode held, List<HeldList> lists)
    {
        var list = lists.Find(other => other.List.Uri == held.Code.StatusListUri)?.List;
        return ReferenceEquals(list, held.List) ? held : new HeldCode(held.Code, held.DeviceMatches, list);
    }

    private bool IsForHere(LicenseCode code) => code.ProductId == _productId && (!code.IsTest || _acceptTests);

    private int MatchesOf(LicenseCode code) => code.DeviceIds.Count == 0 ? 0 : DeviceBinding.CountMatches(code, _fingerprints);

    // Of each URI the genuine list with the highest number.
    private List<HeldList> MergeLists(IReadOnlyList<string> texts)
    {
        var lists = _state.Lists.ToList();
        foreach (var text in texts)
        {
            if (lists.Exists(held => held.Text == text) || _verifier.CheckStatusList(text).List is not { } list)
            {
                continue;
            }

            var same = lists.FindIndex(held => held.List.Uri == list.Uri);
            if (same < 0)
            {
                lists.Add(new HeldList(text, list));
            }
            else if (list.Sequence > lists[same].List.Sequence || lists[same].List.Certificate.Serial < _verifier.MinimumKeySerial)
            {
                lists[same] = new HeldList(text, list);
            }
        }

        return lists.FindAll(held => held.List.Certificate.Serial >= _verifier.MinimumKeySerial);
    }

    // The better one of each name. Ids of activations rise with time.
    private static Dictionary<string, T> Union<T>(
        IReadOnlyDictionary<string, T> one, IReadOnlyDictionary<string, T> other, Func<T, T, bool> isBetter, HashSet<string>? names = null)
    {
        const int Most = 32;
        var all = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var entry in one.Concat(other).Where(entry => names is null || names.Contains(entry.Key)))
        {
            if (all.TryGetValue(entry.Key, out var known) ? isBetter(entry.Value, known) : all.Count < Most)
            {
                all[entry.Key] = entry.Value;
            }
        }

        return all;
    }

    // Whether nothing was taken but the time.
    private static bool IsSame(VaultState one, VaultState other) =>
        one.Codes.Select(static held => held.Name).SequenceEqual(other.Codes.Select(static held => held.Name))
        && one.Lists.Select(static held => held.Text).SequenceEqual(other.Lists.Select(static held => held.Text))
        && one.Clock.Marks.Signed == other.Clock.Marks.Signed
        && ReferenceEquals(one.Fetch, other.Fetch)
        && ReferenceEquals(one.Calls, other.Calls)
        && IsSame(one.GivenUp, other.GivenUp)
        && IsSame(one.Freed, other.Freed)
        && IsSame(one.Activations, other.Activations);

    private static bool IsSame<T>(IReadOnlyDictionary<string, T> one, IReadOnlyDictionary<string, T> other) =>
        one.Count == other.Count && one.All(entry => other.TryGetValue(entry.Key, out var value) && EqualityComparer<T>.Default.Equals(value, entry.Value));

    // A store may be the host's own, and whatever it throws means that it cannot be had.
    private static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
#pragma warning disable CA1031 // The host's code: nothing that it throws may end the host.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private sealed class Trouble(DateTimeOffset at)
    {
        public DateTimeOffset At { get; } = at;
    }
}
