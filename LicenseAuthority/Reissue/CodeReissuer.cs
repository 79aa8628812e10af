using System.Globalization;
using System.Security.Cryptography;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;

namespace LicenseAuthority.Reissue;

/// <summary>
/// Answers a theft of a key to the last customer: as soon as certificates are revoked, every code that counts and that one of them signed gets a successor of
/// the same facts. One process at a time does it, beside orders; where it is cut short, another goes on. It counts, walks through all codes, and counts again:
/// only a count of none ends it, so what a lagging node signed meanwhile, or what could not be signed, is not forgotten.
/// </summary>
internal sealed partial class CodeReissuer(
    IReissueStore store,
    LicenseService licenses,
    ActivationService activations,
    UnreadableLicenses unreadable,
    LiveKeys keys,
    TimeProvider time,
    ILogger<CodeReissuer> logger)
    : PollingService(Interval, lookAtStart: true, time)
{
    /// <summary>How often it looks whether there is something to do.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>So long after this process saw the revocation no other node signs with the old key any more.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);

    /// <summary>A process that was killed is waited for so long.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(30);

    /// <summary>How often it looks, when all was done, whether a code by a revoked key has come all the same.</summary>
    public static readonly TimeSpan LateInterval = TimeSpan.FromMinutes(1);

    // No certificate has a lower serial: below it there is nothing to revoke.
    private const long FirstSerial = 1;

    // A transaction may be stored after others with higher numbers.
    private const int LateOverlap = 1024;

    private static readonly TimeSpan AfterFailures = TimeSpan.FromMinutes(1);

    private static readonly CallSource Source = new("keys", "Reissue");

    private readonly string _holder = string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");

    private long _minimumSerial;
    private long _seenAt;

    // Up to here no code was found since it ended, and when that was looked at last; null = not since the start.
    private long _lookedUpTo;
    private long? _lookedAt;

    // By the monotonic clock; null = nothing failed.
    private long? _failedAt;

    /// <summary>Does what there is to do, if it is this process's turn. Never twice at the same time.</summary>
    public async Task ReissueAsync(CancellationToken cancellationToken)
    {
        long minimum = keys.MinimumSerial;
        if (minimum <= FirstSerial)
        {
            return;
        }

        if (minimum != _minimumSerial)
        {
            (_minimumSerial, _seenAt, _failedAt) = (minimum, Time.GetTimestamp(), null);
            (_lookedUpTo, _lookedAt) = (0, null);
        }

        if (!MaySign(minimum) || (_failedAt is { } failedAt && Time.GetElapsedTime(failedAt) < AfterFailures))
        {
            return;
        }

        // Asked each time: a database that was taken back, under a running service too, may be from before the end.
        if (await store.FindProgressAsync(cancellationToken) is { EndedAt: not null } ended && ended.MinimumSerial == minimum)
        {
            if (!await HasComeLateAsync(cancellationToken))
            {
                return;
            }

            await store.BeginAgainAsync(minimum, cancellationToken);
        }

        if (await store.TryHoldAsync(HoldFrom(Time.GetUtcNow(), Hold), Time.GetUtcNow(), cancellationToken) is not { } progress)
        {
            return;
        }

        try
        {
            await WalkAsync(progress, cancellationToken);
        }
        finally
        {
            await GiveUpHoldAsync();
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => ReissueAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception)
    {
        // The store is down or busy, which others tell too. It goes on where it stands.
        LogFailed(exception, exception.Message);
    }

    private async Task WalkAsync(ReissueProgress begun, CancellationToken cancellationToken)
    {
        var progress = begun;
        while (progress is { EndedAt: null })
        {
            progress = progress.Position == 0
                ? await CountAsync(progress, cancellationToken)
                : progress;
            if (progress is null || progress.EndedAt is not null || progress.Remaining == 0)
            {
                return;
            }

            progress = await ReplaceAsync(progress, cancellationToken);
            if (_failedAt is not null)
            {
                return;
            }
        }
    }

    // What a node that lagged for longer than anybody waits has signed with the old key since. All codes once after each start, and then what was added.
    private async Task<bool> HasComeLateAsync(CancellationToken cancellationToken)
    {
        if (_lookedAt is { } lookedAt && Time.GetElapsedTime(lookedAt) < LateInterval)
        {
            return false;
        }

        var position = _lookedUpTo;
        while (await store.CountAsync(_minimumSerial, position, Time.GetUtcNow(), cancellationToken) is { } part)
        {
            if (part.Found > 0)
            {
                return true;
            }

            position = part.End;
        }

        (_lookedUpTo, _lookedAt) = (Math.Max(_lookedUpTo, position - LateOverlap), Time.GetTimestamp());
        return false;
    }

    // Null: the work is another's by now, or about another serial.
    private async Task<ReissueProgress?> CountAsync(ReissueProgress progress, CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        var heldAt = Time.GetTimestamp();
        long position = 0;
        long found = 0;
        while (await store.CountAsync(_minimumSerial, position, now, cancellationToken) is { } part)
        {
            position = part.End;
            found += part.Found;
            if (Time.GetElapsedTime(heldAt) > Hold / 3)
            {
                heldAt = Time.GetTimestamp();
                if (!await TrySaveAsync(progress, cancellationToken))
                {
                    return null;
                }
            }
        }

        var ends = found == 0 && Time.GetElapsedTime(_seenAt) >= Settling;
        var counted = progress with { Position = 0, Remaining = found, EndedAt = ends ? Time.GetUtcNow() : null };
        if (!await TrySaveAsync(counted, cancellationToken))
        {
            return null;
        }

        if (found > 0)
        {
            LogBegins(found, _minimumSerial);
        }
        else if (ends)
        {
            LogEnds(_minimumSerial);
        }

        return counted;
    }

    private async Task<ReissueProgress?> ReplaceAsync(ReissueProgress counted, CancellationToken cancellationToken)
    {
        var progress = counted;
        var failures = 0;
        while (MaySign(_minimumSerial) && await store.FindAsync(_minimumSerial, progress.Position, Time.GetUtcNow(), cancellationToken) is { } batch)
        {
            var failed = await ReplaceAsync(batch.Codes, cancellationToken);
            failures += failed;
            progress = progress with
            {
                Position = batch.End,
                Remaining = Math.Max(progress.Remaining.GetValueOrDefault() - batch.Codes.Count + failed, 1),
            };
            if (!await TrySaveAsync(progress, cancellationToken))
            {
                return null;
            }
        }

        if (!MaySign(_minimumSerial))
        {
            return null;
        }

        if (failures > 0)
        {
            _failedAt = Time.GetTimestamp();
            LogFailures(failures);
        }

        // From the beginning: the count that follows says what is left.
        progress = progress with { Position = 0 };
        return await TrySaveAsync(progress, cancellationToken) ? progress : null;
    }

    // One that fails, such as by a text that can no longer be signed, must not hold up the others.
    private async Task<int> ReplaceAsync(IReadOnlyList<ReissuedCode> found, CancellationToken cancellationToken)
    {
        var failed = 0;
        var reason = string.Create(CultureInfo.InvariantCulture, $"signed by a key that was revoked: the lowest serial that counts is {_minimumSerial}");
        await Parallel.ForEachAsync(
            found,
            new ParallelOptions { MaxDegreeOfParallelism = store.AtOnce, CancellationToken = cancellationToken },
            async (code, token) =>
            {
                try
                {
                    await (code.Activation is { } activation
                        ? activations.ReissueAsync(code.LicenseId, activation, code.Generation, Source, reason, token)
                        : licenses.ReissueAsync(code.LicenseId, code.Generation, Source, reason, token));
                }
                catch (UnreadableLicenseException exception)
                {
                    Interlocked.Increment(ref failed);
                    unreadable.Found(exception);
                }
                catch (SigningException exception)
                {
                    if (Interlocked.Increment(ref failed) == 1)
                    {
                        LogNotReissued(exception, code.LicenseId, exception.Message);
                    }
                }
            });
        return failed;
    }

    // A node that lacks the newest key signs nothing; nor does one whose clock is outside the certificate's window, and health says so.
    private bool MaySign(long minimum) => keys.SigningKey is { } key && key.Serial >= minimum && keys.Ring.WindowFault is null;

    private async Task<bool> TrySaveAsync(ReissueProgress progress, CancellationToken cancellationToken) =>
        keys.MinimumSerial == _minimumSerial && await store.SaveAsync(HoldFrom(Time.GetUtcNow(), Hold), progress, cancellationToken);

    // Whoever comes next need not wait; where the store does not answer it has to.
    private async Task GiveUpHoldAsync()
    {
        try
        {
            if (await store.FindProgressAsync(CancellationToken.None) is { } progress)
            {
                await store.SaveAsync(HoldFrom(Time.GetUtcNow(), TimeSpan.Zero), progress, CancellationToken.None);
            }
        }
        catch (StoreBusyException exception)
        {
            if (!exception.IsReported)
            {
                LogFailed(exception, exception.Message);
            }
        }
    }

    private ReissueHold HoldFrom(DateTimeOffset now, TimeSpan length) => new(_holder, _minimumSerial, now + length);

    [LoggerMessage(LogLevel.Warning, "{Count} license codes that count were signed by a revoked key (the lowest serial that counts is {Serial}): they are made anew, beside orders")]
    private partial void LogBegins(long count, long serial);

    [LoggerMessage(LogLevel.Information, "No license code that counts is signed by a certificate below {Serial} any more")]
    private partial void LogEnds(long serial);

    [LoggerMessage(LogLevel.Error, "License {LicenseId} has a code by a revoked key and gets no other, nor may others: {Reason}")]
    private partial void LogNotReissued(Exception exception, string licenseId, string reason);

    [LoggerMessage(LogLevel.Error, "{Count} licenses still have a code by a revoked key, since none could be signed for them; tried again in a minute")]
    private partial void LogFailures(int count);

    [LoggerMessage(LogLevel.Warning, "Codes by a revoked key could not be made anew now, it goes on where it stands: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
