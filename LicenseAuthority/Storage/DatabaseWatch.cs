namespace LicenseAuthority.Storage;

/// <summary>
/// While the service runs: looks after the files of the database, tries to write while it is red, tells the log when it turns red and green again, and
/// ends the process when the files were taken away.
/// </summary>
internal sealed partial class DatabaseWatch : PollingService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // A database that flickers must not fill the log.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private readonly IDatabase _database;
    private readonly WriteProbe _probe;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<DatabaseWatch> _logger;
    private readonly Lock _gate = new();
    private bool _toldRed;
    private bool _toldLost;
    private string? _toldCheckpointFault;
    private long? _toldAt;

    public DatabaseWatch(IDatabase database, WriteProbe probe, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<DatabaseWatch> logger)
        : base(Interval, lookAtStart: true, time)
    {
        _database = database;
        _probe = probe;
        _lifetime = lifetime;
        _logger = logger;
        database.State.Changed += Tell;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _database.State.Changed -= Tell;
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task LookAsync(CancellationToken cancellationToken)
    {
        _database.LookAfterFiles();
        if (_database.State is { Fault: not null, IsLost: false })
        {
            await _probe.TryAsync().WaitAsync(cancellationToken);
        }

        // What came too soon after another line to be told then.
        Tell();
    }

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogLookFailed(exception.Message);

    // On whichever thread changed the state, such as the writer's.
    private void Tell()
    {
        lock (_gate)
        {
            var state = _database.State;
            if (state.IsLost)
            {
                if (!_toldLost)
                {
                    _toldLost = true;
                    LogLost(state.Fault);
                    _lifetime.StopApplication();
                }

                return;
            }

            var fault = state.Fault;
            var checkpointFault = state.CheckpointFault;
            if (((fault is not null) == _toldRed && (checkpointFault is null) == (_toldCheckpointFault is null))
                || (_toldAt is { } toldAt && Time.GetElapsedTime(toldAt) < BetweenLines))
            {
                return;
            }

            _toldAt = Time.GetTimestamp();
            if ((fault is not null) != _toldRed)
            {
                _toldRed = fault is not null;
                if (fault is null)
                {
                    LogStoresAgain();
                }
                else
                {
                    LogCannotStore(fault);
                }
            }
            else
            {
                _toldCheckpointFault = checkpointFault;
                if (checkpointFault is null)
                {
                    LogCheckpointsAgain();
                }
                else
                {
                    LogCheckpointFailed(checkpointFault);
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Critical, "ALARM: the files of the database were taken away, and this process ends. {Reason}")]
    private partial void LogLost(string? reason);

    [LoggerMessage(LogLevel.Error, "Nothing can be stored, and this node is not ready: {Reason}. A write is tried every 5 s.")]
    private partial void LogCannotStore(string reason);

    [LoggerMessage(LogLevel.Information, "The database stores again")]
    private partial void LogStoresAgain();

    [LoggerMessage(LogLevel.Warning, "The write-ahead log cannot be brought over into the database, and grows: {Reason}")]
    private partial void LogCheckpointFailed(string reason);

    [LoggerMessage(LogLevel.Information, "The write-ahead log is brought over again")]
    private partial void LogCheckpointsAgain();

    [LoggerMessage(LogLevel.Warning, "The database could not be looked after, tried again every 5 s: {Reason}")]
    private partial void LogLookFailed(string reason);
}
