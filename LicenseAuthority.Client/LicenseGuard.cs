using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Fingerprints;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Client.Notices;

namespace LicenseAuthority.Client;

/// <summary>
/// Keeps licenses for a program: stores codes and status lists, remembers the time, fetches what is newer, gets a place for the device, and warns. What counts is
/// judged by a <see cref="LicenseVerifier"/>, anew at each read; only what is signed allows or denies. One guard for the life of the program. Thread-safe; reads
/// wait for nobody, and still answer after <see cref="Dispose"/>.
/// </summary>
/// <remarks>
/// Nothing but <see cref="Open"/>, for options that are wrong, and <see cref="Require()"/> throws. "Could not read" and "could not reach" are notices, and never
/// take away what is signed.
/// </remarks>
/// <example>
/// <code>
/// var options = new LicenseGuardOptions("com.example.editor", "la-root-1:…", "la-root-1:…");
/// using LicenseGuard guard = LicenseGuard.Open(options);
/// if (!guard.Current.IsValid)
/// {
///     LicenseCheck check = guard.Install(text);
///     Console.WriteLine(check.GetEvidence(LicenseLanguage.English) + " " + check.GetAdvice(LicenseLanguage.English));
/// }
/// </code>
/// </example>
public sealed class LicenseGuard : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FinishPatience = TimeSpan.FromSeconds(2);

    private readonly string _productId;
    private readonly LicenseVerifier _verifier;
    private readonly TimeProvider _time;
    private readonly Vault _vault;
    private readonly CodeSource[] _sources;
    private readonly DeviceIdentity _device;
    private readonly IHostSystem _machine;
    private readonly Fetcher _fetcher;
    private readonly SeatClient _seats;
    private readonly OutcomeWatch _watch;
    private readonly bool _online;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _warnBefore;
    private readonly bool _releaseOnDispose;
    private readonly IDisposable? _joined;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationToken _ending;
    private readonly SemaphoreSlim _calling = new(1, 1);
    private readonly Random _random = new();
    private readonly ITimer _timer;
    private double _jitter;
    private long _lastTry = -1;
    private int _isTicking;
    private int _isFetching;
    private int _isDisposed;

    private LicenseGuard(LicenseGuardOptions options, IHostSystem machine)
    {
        options.Validate();
        var verifier = options.Verifier;
        _productId = options.ProductId;
        _verifier = new LicenseVerifier(options.RootKeys, _productId, verifier);
        _device = options.ReadDevice();
        _machine = machine;
        _time = verifier.TimeProvider;
        _ending = _ended.Token;
        (_online, _interval, _warnBefore, _releaseOnDispose) = (options.Online, options.RefreshInterval, options.WarnBefore, options.ReleaseOnDispose);
        _jitter = NextJitter();

        var store = options.Store ?? (options.StoreDirectory is null ? StorePlace.Default(_productId) : LicenseStore.InFolder(options.StoreDirectory));
        _vault = new Vault(_verifier, _productId, verifier.AcceptTestLicenses, _device.Fingerprints, store, options.Clock, _time);
        var caller = new AuthorityCaller(options.HttpClient, _time);
        _fetcher = new Fetcher(_vault, _verifier, caller, _time, options.ListMirror?.AbsoluteUri);
        _seats = new SeatClient(_vault, _verifier, caller, _time, _productId, _device, options.Lease);
        CodeSource[] ofText = string.IsNullOrWhiteSpace(options.CodeText) ? [] : [CodeSource.OfText(options.CodeText!, _vault, _time)];
        CodeSource[] ofFile = options.CodeFile is { Length: > 0 } path ? [CodeSource.OfFile(path, _vault, _time)] : [];
        _sources = [.. ofText, .. ofFile];
        Array.ForEach(_sources, static source => source.Look());
        _vault.Begin();
        _joined = _releaseOnDispose ? _vault.Join() : null;
        _watch = new OutcomeWatch(SynchronizationContext.Current, Current);
        _timer = _time.CreateTimer(static guard => ((LicenseGuard)guard!).Tick(), this, Pace, Pace);
    }

    /// <summary>
    /// Tells that the outcome is another one than before, once for each change, also for one that only the clock made: within five seconds. On the
    /// <see cref="SynchronizationContext"/> that was current in <see cref="Open"/>, if there was one; else on any thread. A handler that throws harms nobody.
    /// </summary>
    public event EventHandler<LicenseOutcomeChangedEventArgs>? OutcomeChanged;

    /// <summary>Opens a guard: reads what is stored, and <see cref="LicenseGuardOptions.CodeText"/> and <see cref="LicenseGuardOptions.CodeFile"/>. Waits for no network.</summary>
    /// <param name="options">What the host chooses; copied.</param>
    /// <returns>The guard; dispose it at the end of the program.</returns>
    /// <exception cref="ArgumentException">An option is missing or cannot be used; the message says which, why and what to do.</exception>
    public static LicenseGuard Open(LicenseGuardOptions options) =>
        OpenOn(HostSystem.Instance, options ?? throw new ArgumentNullException(nameof(options), "There are no options. Pass at least the product and a root key."));

    /// <summary>The same on a machine that says this of itself.</summary>
    internal static LicenseGuard OpenOn(IHostSystem machine, LicenseGuardOptions options) => new(options, machine);

    /// <summary>
    /// What the best of the licenses that are held permits now. Judged anew at each read, without waiting and without allocation (net10.0). Where there is none:
    /// <see cref="LicenseOutcome.NotActivated"/>, without a license.
    /// </summary>
    public LicenseCheck Current
    {
        get
        {
            Choose(out var check);
            return check;
        }
    }

    /// <summary>What there is to warn of, now; empty: nothing. Made anew at each read.</summary>
    public IReadOnlyList<LicenseNotice> Notices
    {
        get
        {
            var held = Choose(out var check);
            var state = _vault.State;
            return NoticeRules.Find(held, check, state.Fetch, _vault.NotWritableSince, FreedSince(state, held), _sources, _warnBefore).AsReadOnly();
        }
    }

    /// <summary>
    /// Takes a code or a license file, pasted or read, and stores it. Nothing worse takes the place of something better: genuine, of this product, for this device or
    /// for none, and newer than what is held of the same license.
    /// </summary>
    /// <param name="text">Any text; null is as good as an empty one.</param>
    /// <returns>
    /// The check of this code; where a newer one of its license is held, of that; of a text with a status list only, <see cref="Current"/>. Where it was not taken, why.
    /// </returns>
    public LicenseCheck Install(string? text)
    {
        var file = LicenseFile.Parse(text);
        if (_vault.IsRefused(file, out var check, out var code))
        {
            return check;
        }

        _vault.Take(VaultNews.Of(file));
        RaiseChanges();
        if (code is null)
        {
            return Current;
        }

        // With the list that is held now, which may be a newer one than the file's.
        var held = Array.FindAll(_vault.State.Codes, other => other.Binding == code.Binding);
        return CodeRanking.Choose(held, _verifier, _vault.ReadClock(), out var result) is not null ? result
            : _vault.State.GivenUp.TryGetValue(code.Binding, out var place) && place.IsGivenUp ? new LicenseCheck(check.CheckedAt, CodeFault.PlaceGivenUp)
            : check;
    }

    /// <summary>
    /// Fetches the newest code and status list at once, whatever the interval and <see cref="LicenseGuardOptions.Online"/> say. Only an authority that said "too often"
    /// is left alone until the time that it named.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the result is then <c>canceled</c>.</param>
    /// <returns>What became of it. What the license permits says <see cref="Current"/>.</returns>
    public Task<LicenseGuardResult> RefreshAsync(CancellationToken cancellationToken = default) => CallAsync(
        async token =>
        {
            Note();
            return await _fetcher.FetchAsync(token).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>
    /// Gets a place for this device, and the code that is bound to it. The same device takes no second place. Where the device changed so much that its own code does
    /// not fit any more, the place of that code is given up first.
    /// </summary>
    /// <param name="code">A code or license file, where none is stored yet; null: what is stored.</param>
    /// <param name="cancellationToken">Ends the waiting; the result is then <c>canceled</c>, and the place may be taken all the same: ask again.</param>
    /// <returns>What became of it.</returns>
    public Task<LicenseGuardResult> ActivateAsync(string? code = null, CancellationToken cancellationToken = default) =>
        CallAsync(token => _seats.ActivateAsync(code, token), cancellationToken);

    /// <summary>Gives the place of this device up, and its code away.</summary>
    /// <param name="cancellationToken">Ends the waiting; the result is then <c>canceled</c>.</param>
    /// <returns>What became of it.</returns>
    public Task<LicenseGuardResult> DeactivateAsync(CancellationToken cancellationToken = default) => CallAsync(_seats.DeactivateAsync, cancellationToken);

    /// <summary>
    /// A request for a place, for a machine without a network: to be saved as a <c>.lareq</c>, and taken to the page of the authority that answers with a license file.
    /// Holds the code, which is a credential, and the fingerprints.
    /// </summary>
    /// <param name="code">A code or license file, where none is stored yet; null: what is stored.</param>
    /// <returns>JSON in ASCII. Empty where there is no code of this product, or the host gave no fingerprints.</returns>
    public string CreateActivationRequest(string? code = null) => _seats.CreateRequest(code);

    /// <summary>Throws unless the license is valid.</summary>
    /// <exception cref="LicenseRequiredException">It is not; the exception has the check.</exception>
    public void Require()
    {
        var check = Current;
        if (!check.IsValid)
        {
            throw new LicenseRequiredException(check, null);
        }
    }

    /// <summary>Throws unless the license is valid and has an entitlement, see <see cref="IsEntitled(string)"/>.</summary>
    /// <param name="entitlement">The name; null is never there.</param>
    /// <exception cref="LicenseRequiredException">It does not; the exception has the check.</exception>
    public void Require(string entitlement)
    {
        var check = Current;
        if (!IsEntitled(check, entitlement))
        {
            throw new LicenseRequiredException(check, entitlement);
        }
    }

    /// <summary>Whether the license is valid, and has an entitlement of this name that is true, or an integer above zero.</summary>
    /// <param name="entitlement">The name; null is never there.</param>
    /// <returns>True if both.</returns>
    public bool IsEntitled(string entitlement) => IsEntitled(Current, entitlement);

    /// <summary>An entitlement that is an integer.</summary>
    /// <param name="entitlement">The name; null is never there.</param>
    /// <returns>The integer; null: the license is not valid, or has no integer of this name.</returns>
    public long? GetLimit(string entitlement)
    {
        var check = Current;
        return check.IsValid && check.License.Entitlements.TryGetInt64(entitlement, out var limit) ? limit : null;
    }

    /// <summary>
    /// All that support needs to know, to be pasted into a ticket, in English: license id, outcome and evidence, all times, the list, which kinds of fingerprint fit and
    /// which do not, the store, the last fetch. No code, no fingerprint, no name of a customer or device. Asks the system for its properties: some milliseconds.
    /// </summary>
    /// <returns>Lines with a line feed behind each. Not meant to be parsed.</returns>
    public string GetSupportReport()
    {
        var held = Choose(out var check);
        return SupportReport.Write(_productId, _verifier, _vault, _device, _machine, _sources, held, check, Notices);
    }

    /// <summary>
    /// Ends the background work, gives the device's place up if that was chosen (at most three seconds), and stores what is not stored yet (at most two). May be called
    /// again. Reads go on to answer.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _timer.Dispose();
        Quietly(_ended.Cancel);
        if (_vault.Leave(_joined) && _releaseOnDispose)
        {
            // On a thread of the pool: who disposes may hold the only one that a continuation could come back to.
            using var patience = new CancellationTokenSource(ReleasePatience);
            var releasing = Task.Run(() => _seats.DeactivateAsync(patience.Token), CancellationToken.None);
            Quietly(() => releasing.Wait(ReleasePatience));
        }

        // A store may be busy, or on a drive that does not answer: what it cannot take in time ends with the process.
        var finishing = new Thread(() => Quietly(_vault.Finish)) { IsBackground = true };
        Quietly(() =>
        {
            finishing.Start();
            finishing.Join(FinishPatience);
        });
        Quietly(_ended.Dispose);
    }

    // At the end nothing may be thrown: by what the host's own handlers do when they are canceled, or where there are no threads, as in a browser.
    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // There is nobody who could do anything about it.
        catch (Exception)
#pragma warning restore CA1031
        {
            // What is signed counts all the same.
        }
    }

    // Whichever code of the license counts now: the one whose place is gone may be denied by its list meanwhile.
    private static DateTimeOffset? FreedSince(VaultState state, HeldCode? held)
    {
        if (held is null)
        {
            return null;
        }

        DateTimeOffset? since = null;
        foreach (var other in state.Codes)
        {
            since = CodeRanking.IsOfSameLicense(other, held) && state.Freed.TryGetValue(other.Name, out var at) && !(at > since) ? at : since;
        }

        return since;
    }

    private static bool IsEntitled(in LicenseCheck check, string entitlement) => check.IsValid
        && ((check.License.Entitlements.TryGetBoolean(entitlement, out var isTrue) && isTrue)
            || (check.License.Entitlements.TryGetInt64(entitlement, out var number) && number > 0));

    private HeldCode? Choose(out LicenseCheck check)
    {
        var clock = _vault.ReadClock();
        var held = CodeRanking.Choose(_vault.State.Codes, _verifier, clock, out check);
        if (held is null)
        {
            check = new LicenseCheck(clock.Now, CodeFault.NothingInstalled);
        }
        else if (check.Outcome == LicenseOutcome.Revoked && _vault.State.Calls is { IsOver: true } said && said.StatedOf == StoreDocument.NameOf(held.Code.LicenseId))
        {
            // The advice is another one then: asking once more brings nothing.
            check = new LicenseCheck(check, isConfirmed: true);
        }

        return held;
    }

    // Never two at once: what a slow disk holds up is not to be waited for by every thread of a pool.
    private void Tick()
    {
        if (Interlocked.Exchange(ref _isTicking, 1) != 0)
        {
            return;
        }

        try
        {
            if (Volatile.Read(ref _isDisposed) != 0)
            {
                return;
            }

            _vault.Look();
            Array.ForEach(_sources, static source => source.Look());
            if (_online && Volatile.Read(ref _isFetching) == 0)
            {
                FetchIfDue();
            }
        }
#pragma warning disable CA1031 // On a timer's thread it would end the host's process; the next tick tries again.
        catch (Exception)
#pragma warning restore CA1031
        {
            // What is held goes on to count.
        }
        finally
        {
            Volatile.Write(ref _isTicking, 0);
        }

        // After it: a handler that waits holds up no other tick.
        Quietly(RaiseChanges);
    }

    private void FetchIfDue()
    {
        if (_fetcher.First() is not { } held || !IsDue(_vault.State.Fetch, held.Code) || Interlocked.Exchange(ref _isFetching, 1) != 0)
        {
            return;
        }

        // By what is stored, under the store's lock: of several processes one fetches.
        var now = _time.GetUtcNow();
        if (!_vault.TryMark(marks => IsDue(marks, held.Code) ? marks.Trying(now) : null))
        {
            Volatile.Write(ref _isFetching, 0);
            return;
        }

        Volatile.Write(ref _lastTry, _vault.Sample().Running.Ticks);
        _jitter = NextJitter();
        _ = Task.Run(async () =>
        {
            try
            {
                await CallAsync(_fetcher.FetchAsync, CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref _isFetching, 0);
            }
        });
    }

    private bool IsDue(FetchMarks marks, LicenseCode code)
    {
        var last = Volatile.Read(ref _lastTry);
        return FetchSchedule.IsDue(marks, _vault.Sample(), last < 0 ? null : TimeSpan.FromTicks(last), _interval, _jitter, code.IsLeased ? code : null);
    }

    private void Note()
    {
        // Where there is nothing to ask for, nothing is tried: what is installed a minute later is to be fetched.
        if (_vault.State.Codes.Length == 0)
        {
            return;
        }

        var now = _time.GetUtcNow();
        _vault.TryMark(marks => marks.Trying(now));
        Volatile.Write(ref _lastTry, _vault.Sample().Running.Ticks);
    }

    // One call at a time, and none before the time that the authority named.
    private async Task<LicenseGuardResult> CallAsync(Func<CancellationToken, Task<LicenseGuardResult>> call, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isDisposed) != 0)
        {
            return LicenseGuardResult.Failure("canceled", null, null);
        }

        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(_ending, cancellationToken);
            await _calling.WaitAsync(both.Token).ConfigureAwait(false);
            try
            {
                var (fetch, now) = (_vault.State.Fetch, _time.GetUtcNow());
                if (fetch.Problem == AuthorityAnswer.TooOften && FetchSchedule.IsHeld(fetch, now))
                {
                    return LicenseGuardResult.Failure(fetch.Problem, fetch.FailingSince ?? now, null);
                }

                // Not on the caller's thread, which may be the one that draws: a busy store is waited for.
                return (await Task.Run(() => call(both.Token), CancellationToken.None).ConfigureAwait(false)).When(Current.IsValid);
            }
            finally
            {
                _calling.Release();
                RaiseChanges();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            return LicenseGuardResult.Failure("canceled", null, null);
        }
#pragma warning disable CA1031 // Nothing but Require throws: of what nobody has foreseen, too, the caller gets a result.
        catch (Exception)
#pragma warning restore CA1031
        {
            return LicenseGuardResult.Failure("failed", null, null);
        }
    }

    private void RaiseChanges()
    {
        if (Volatile.Read(ref _isDisposed) == 0)
        {
            _watch.Look(() => Current, this, OutcomeChanged);
        }
    }

    private double NextJitter()
    {
        lock (_random)
        {
            return 0.8 + (_random.NextDouble() * 0.4);
        }
    }
}
