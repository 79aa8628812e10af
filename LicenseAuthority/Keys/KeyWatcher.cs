namespace LicenseAuthority.Keys;

/// <summary>
/// Finds, while the service runs, what came into the keys directory, and which certificate the other nodes sign with. A newer key is verified, recorded in
/// the database and used; a node that lacks the newest whose time has come does not sign until it is there. One made in advance is not taken while the clock
/// is in doubt, and left again where it was taken by a clock that was ahead. Each state is logged once, and nothing ends the watch.
/// </summary>
internal sealed partial class KeyWatcher(LiveKeys keys, ICertificateLedger ledger, TimeProvider time, ISettledClock clock, ILogger<KeyWatcher> logger)
    : PollingService(Interval, lookAtStart: false, time)
{
    // The news of a key goes over two of these: from the directory to the database, and from there to the other nodes.
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // What failed may be mended without a file changing, such as by rights; but opening a key is slow by design, so not each time.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    // Null: to be tried again, whatever is there.
    private string? _triedFingerprint = keys.Ring.Fingerprint;

    // By the monotonic clock: a wall clock that goes back must not put it off. Null = nothing failed.
    private long? _failedAt;
    private string? _toldFault;
    private uint? _toldMissing;
    private uint? _toldWaiting;
    private uint? _toldForgotten;

    // What a look read before another one ended must not be what counts after it.
    private readonly SemaphoreSlim _looking = new(1, 1);

    /// <summary>Looks once; beside another look, after it.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken);
        try
        {
            await LookOnceAsync(cancellationToken);
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _looking.Dispose();
        base.Dispose();
    }

    private async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        var ring = keys.Ring;
        var served = await ledger.FindHighestSerialsAsync(cancellationToken);
        uint? heldAbove = clock.IsSettled ? null : Math.Max(served.Highest ?? 0, ring.Current.Serial);
        TellWaiting(ring, heldAbove);
        if (FindNewer(ring, heldAbove) is { } newer)
        {
            try
            {
                // Before the first signature: no code may leave whose key the database does not know.
                await ledger.RecordAsync(newer.ServedCertificates, cancellationToken);
            }
            catch
            {
                newer.Dispose();
                _triedFingerprint = null;
                throw;
            }

            if (newer.Current.Serial < ring.Current.Serial)
            {
                LogOlderKey(newer.Current.KeyId, newer.Current.Serial, ring.Current.Serial, DateTimeOffset.FromUnixTimeSeconds(ring.Current.Certificate.NotBefore));
            }
            else if (newer.Current.Serial > ring.Current.Serial)
            {
                LogNewKey(newer.Current.KeyId, newer.Current.Serial, newer.CurrentEndsAt, ring.Current.Serial);
            }

            foreach (var warning in newer.Warnings.Except(ring.Warnings))
            {
                LogKeyWarning(warning);
            }

            ring = newer;

            // Recorded means that it is the newest, or that another node was faster, which the next lines find.
            keys.Replace(ring, keys.MissingSerial > ring.Current.Serial ? keys.MissingSerial : null, keys.MinimumSerial);
            served = await ledger.FindHighestSerialsAsync(cancellationToken);
        }

        var missing = served.HighestBegun > ring.Current.Serial ? served.HighestBegun : null;

        // What any certificate has revoked stays so, whether that one is missing here or was taken away. Also after a restore of the database, which may know less.
        var minimum = Math.Max(await ledger.FindMinimumSerialAsync(cancellationToken), keys.MinimumSerial);
        if (missing != keys.MissingSerial || minimum != keys.MinimumSerial)
        {
            keys.Replace(ring, missing, minimum);
        }

        TellMissing(missing, ring);
        TellForgotten(ring);
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => CheckAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception)
    {
        // The store is down or busy, which others tell too. The keys stay as they are.
        LogFailed(exception, exception.Message);
    }

    // Null: nothing has changed, or what has changed cannot be used.
    private KeyRing? FindNewer(KeyRing ring, uint? heldAbove)
    {
        string? fingerprint = null;
        try
        {
            fingerprint = ring.Directory.ReadFingerprint();
            if (fingerprint == _triedFingerprint && !IsTimeToTry(ring, heldAbove))
            {
                return null;
            }

            _triedFingerprint = fingerprint;
            var newer = ring.Reload(heldAbove);
            if (newer.Current.Serial < ring.Current.Serial && !ring.IsTooEarly)
            {
                newer.Dispose();
                throw new KeyException(
                    $"Certificate {ring.Current.Serial}, which is in use, is no longer usable in {ring.Directory.FullPath}. It was taken away, or the clock of this machine is wrong: "
                    + "restore it, or the next start fails.");
            }

            _failedAt = null;
            keys.HasDirectoryFault = false;
            if (_toldFault is not null)
            {
                LogDirectoryInOrder(ring.Directory.FullPath);
                _toldFault = null;
            }

            return newer;
        }
        catch (KeyException exception)
        {
            _failedAt = Time.GetTimestamp();
            keys.HasDirectoryFault = true;

            // By what is there, not by the message, which may name the time.
            var fault = fingerprint ?? exception.Message;
            if (_toldFault != fault)
            {
                LogDirectoryFault(ring.Current.Serial, exception.Message);
                _toldFault = fault;
            }

            return null;
        }
    }

    private bool IsTimeToTry(KeyRing ring, uint? heldAbove) => _failedAt is { } failedAt
        ? Time.GetElapsedTime(failedAt) >= RetryInterval
        : ring.FindSerialForNow(heldAbove) is { } serial && serial != ring.Current.Serial;

    private void TellWaiting(KeyRing ring, uint? heldAbove)
    {
        var byTheClock = ring.FindSerialForNow(heldAbove: null);
        var waiting = byTheClock > ring.Current.Serial && byTheClock != ring.FindSerialForNow(heldAbove) ? byTheClock : null;
        if (waiting is { } told && told != _toldWaiting)
        {
            LogWaiting(told, ring.Current.Serial);
        }

        _toldWaiting = waiting;
    }

    private void TellMissing(uint? missing, KeyRing ring)
    {
        if (missing == _toldMissing)
        {
            return;
        }

        _toldMissing = missing;
        if (missing is { } serial)
        {
            LogMissing(ring.Directory.FullPath, serial, KeyDirectory.PrivateKeyFile(serial), KeyDirectory.CertificateFile(serial));
        }
        else
        {
            LogSignsAgain(ring.Current.Serial);
        }
    }

    private void TellForgotten(KeyRing ring)
    {
        if (keys.ForgetsRevocation && _toldForgotten != ring.Current.Serial)
        {
            _toldForgotten = ring.Current.Serial;
            LogForgotten(ring.Current.Serial, ring.Current.Certificate.MinimumSerial, keys.MinimumSerial);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "From now on signing with issuing key {KeyId}, certificate {Serial}, until {EndsAt:yyyy-MM-dd}; before it was certificate {SerialBefore}")]
    private partial void LogNewKey(string keyId, uint serial, DateTimeOffset endsAt, uint serialBefore);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "From now on signing with issuing key {KeyId}, certificate {Serial}, again: certificate {SerialBefore} begins {BeginsAt:yyyy-MM-dd HH:mm:ss} UTC, and was "
            + "taken while the clock of this machine was ahead")]
    private partial void LogOlderKey(string keyId, uint serial, uint serialBefore, DateTimeOffset beginsAt);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The time of certificate {Waiting}, made in advance, has come by the clock of this machine; certificate {Serial} stays in use until that clock has held for Clock:HoldFor")]
    private partial void LogWaiting(uint waiting, uint serial);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{KeyWarning}")]
    private partial void LogKeyWarning(string keyWarning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys directory has changed and cannot be used as it is; certificate {Serial} stays in use. {Fault}")]
    private partial void LogDirectoryFault(uint serial, string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "The keys directory {Directory} is in order again")]
    private partial void LogDirectoryInOrder(string directory);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "This node is not ready and signs nothing: the database has been served by certificate {Serial}, and {Directory} has no usable key for it. "
            + "Copy {PrivateKeyFile}, then {CertificateFile} from a node that has them")]
    private partial void LogMissing(string directory, uint serial, string privateKeyFile, string certificateFile);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Certificate {Serial} was made where a revocation was not known: it says that certificates from {Minimum} on are good, and those below {Revoked} are revoked. "
            + "Software that has not heard of it still takes codes by the revoked keys. Copy all certificates to where the root key is, and make a new issuing key there (\"LicenseAuthority keys rotate\")")]
    private partial void LogForgotten(uint serial, uint minimum, uint revoked);

    [LoggerMessage(Level = LogLevel.Information, Message = "This node signs again, with certificate {Serial}")]
    private partial void LogSignsAgain(uint serial);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys could not be checked and stay as they are; tried again every second: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
