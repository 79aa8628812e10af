using LicenseAuthority.Storage;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Expiry;

/// <summary>
/// Quartz's database store writes lines with stack traces each second while its server is away. The store tells that once, with the reason, when the
/// database turns red; what Quartz says meanwhile is the same again. Where Quartz is the first to notice, the database is asked before its line is let
/// through: if it is away, that is told instead. Asked with each line, so this resolves what it needs late: loggers are there before it.
/// </summary>
internal sealed class QuietWhileTheDatabaseIsAway(IServiceProvider services) : IConfigureOptions<LoggerFilterOptions>
{
    // Quartz's own thread waits so long at most; a server that answers does it in a fraction.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(2);

    private DatabaseState? _state;

    /// <inheritdoc/>
    public void Configure(LoggerFilterOptions options)
    {
        options.AddFilter("Quartz.Impl.AdoJobStore", Passes);
        options.AddFilter("Quartz.Core.ErrorLogger", Passes);
    }

    private bool Passes(LogLevel level)
    {
        _state ??= services.GetRequiredService<DatabaseState>();
        return level >= LogLevel.Warning && _state.Fault is null && (level < LogLevel.Error || IsThere());
    }

    // One that does not answer in time is away, as far as the scheduler goes.
    private bool IsThere()
    {
        try
        {
            return services.GetRequiredService<WriteProbe>().TryAsync().Wait(LongestLook) && _state!.Fault is null;
        }
        catch (Exception exception) when (exception is AggregateException or ObjectDisposedException)
        {
            return true;
        }
    }
}
