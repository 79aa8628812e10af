using System.Globalization;

namespace LicenseAuthority.Keys;

/// <summary>
/// Deletes the private key files of older issuing keys from this node's own directory, one hour after this process began to sign with a newer one: whoever
/// takes one can still sign with an earlier date, and nobody needs it. An hour in which the clock was in doubt, or the newer one could not sign, does not
/// count. Certificates stay. Where it may not delete, it warns once and goes on trying.
/// </summary>
internal sealed partial class RetiredKeyFiles(LiveKeys keys, TimeProvider time, ISettledClock clock, ILogger<RetiredKeyFiles> logger)
    : PollingService(Interval, lookAtStart: true, time)
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How long the newer key has signed by then: time for a mistake to be noticed.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromHours(1);

    // By the monotonic clock: one that jumps must not cut the hour short.
    private (uint Serial, long Since)? _signing;
    private bool _told;

    /// <summary>Looks once. Never twice at the same time.</summary>
    public void Check()
    {
        // What this node signs with counts, and only while all is in order: an older key may be what an operator needs to come out of a mess; where the newer
        // one was taken by a clock that was ahead, this node.
        if (keys.SigningKey is not { Serial: var serial } || keys.HasDirectoryFault || keys.Ring.WindowFault is not null || !clock.IsSettled)
        {
            _signing = null;
            return;
        }

        if (_signing?.Serial != serial)
        {
            _signing = (serial, Time.GetTimestamp());
        }

        if (Time.GetElapsedTime(_signing.Value.Since) < Delay)
        {
            return;
        }

        try
        {
            Delete(keys.Ring.Directory, serial);
            _told = false;
        }
        catch (KeyException exception)
        {
            if (!_told)
            {
                LogKept(serial, exception.Message);
                _told = true;
            }
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken)
    {
        Check();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    private void Delete(KeyDirectory directory, uint serial)
    {
        if (!directory.FindPrivateKeySerials().Any(IsOlder))
        {
            return;
        }

        // Under the lock, and looked at again: a "keys passphrase" under way would write them anew.
        using var writer = KeyDirectoryWriter.Open(directory);
        var older = directory.FindPrivateKeySerials().Where(IsOlder).Order().ToList();
        if (directory.FindPrivateKey(serial) is null)
        {
            throw new KeyException($"The private key in use, {directory.PathOf(KeyDirectory.PrivateKeyFile(serial))}, is not there. Restore it.");
        }

        foreach (var each in older)
        {
            writer.Delete(KeyDirectory.PrivateKeyFile(each));
        }

        LogDeleted(string.Join(", ", older.Select(static each => each.ToString(CultureInfo.InvariantCulture))), serial);

        bool IsOlder(uint other) => other < serial;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Certificate {Serial} has signed for an hour: the private keys of older ones, {Older}, were deleted here. Their certificates stay")]
    private partial void LogDeleted(string older, uint serial);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Certificate {Serial} has signed for an hour, and the private keys of older ones could not be deleted here: whoever has one can still sign with an earlier date. "
            + "Delete them (issuing-….pem), or let this service do it, which tries each minute. {Reason}")]
    private partial void LogKept(uint serial, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The private keys of older certificates could not be looked for; tried again each minute: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
