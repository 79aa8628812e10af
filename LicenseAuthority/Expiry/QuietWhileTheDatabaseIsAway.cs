using LicenseAuthority.Storage;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Expiry;

/// <summary>
/// Quartz's database store writes lines with stack traces each second while its server is away. The store tells that once, with the reason, when the
/// database turns red; what Quartz says meanwhile is the same again. Asked with each line, so this resolves the state late: loggers are there before it.
/// </summary>
internal sealed class QuietWhileTheDatabaseIsAway(IServiceProvider services) : IConfigureOptions<LoggerFilterOptions>
{
    private DatabaseState? _state;

    /// <inheritdoc/>
    public void Configure(LoggerFilterOptions options)
    {
        options.AddFilter("Quartz.Impl.AdoJobStore", Passes);
        options.AddFilter("Quartz.Core.ErrorLogger", Passes);
    }

    private bool Passes(LogLevel level) => level >= LogLevel.Warning && (_state ??= services.GetRequiredService<DatabaseState>()).Fault is null;
}
