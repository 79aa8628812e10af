namespace LicenseAuthority.Storage;

/// <summary>
/// Waits at start for a database server that is away, such as one that boots beside us: a service that ends at once leaves it to others to start it again.
/// </summary>
internal sealed partial class StartPatience(TimeSpan limit, TimeProvider time, ILogger<StartPatience> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Connects, and again while the server is away and the limit is not reached; then throws what the last attempt threw.</summary>
    /// <param name="connect">Connects.</param>
    /// <param name="isAway">Whether waiting may help.</param>
    /// <param name="name">What the log calls the server.</param>
    public async Task RepeatAsync(Func<Task> connect, Func<Exception, bool> isAway, string name)
    {
        var began = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await connect();
                return;
            }
            catch (Exception exception) when (isAway(exception) && time.GetElapsedTime(began) < limit)
            {
                if (attempt == 1)
                {
                    LogWaiting(name, exception.Message, limit);
                }
            }

            await Task.Delay(Pause, time);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Database} cannot be reached ({Reason}): the start waits for it, up to {Limit} (Storage:StartTimeout)")]
    private partial void LogWaiting(string database, string reason, TimeSpan limit);
}
