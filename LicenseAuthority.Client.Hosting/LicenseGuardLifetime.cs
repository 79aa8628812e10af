using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Client.Hosting;

/// <summary>
/// Opens the guard with the host and disposes it when the host stops, so that a place is given up before the program ends. Logs each change of the outcome, and each
/// notice when it comes and when it goes. What is logged holds no code, no token and no fingerprint.
/// </summary>
internal sealed class LicenseGuardLifetime(OpenGuard open, ILogger<LicenseGuard> logger) : IHostedService, IDisposable
{
    // Notices have no event: they come with the time.
    private static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<LicenseNoticeKind, LicenseNotice> _known = [];
    private ITimer? _timer;

    /// <summary>Says how things stand; changes are told from then on.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        open.Guard.OutcomeChanged += OnOutcomeChanged;
        LogOutcome(open.Guard.Current);
        LogNotices();
        _timer = open.Time.CreateTimer(_ => Look(), null, Pace, Pace);
        return Task.CompletedTask;
    }

    /// <summary>Disposes the guard: not on the thread of the host, as giving a place up may take three seconds.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.Run(open.Guard.Dispose, CancellationToken.None).WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        open.Guard.OutcomeChanged -= OnOutcomeChanged;
        _timer?.Dispose();
    }

    private void OnOutcomeChanged(object? sender, LicenseOutcomeChangedEventArgs change)
    {
        LogOutcome(change.Current);
        LogNotices();
    }

    private void Look()
    {
        try
        {
            LogNotices();
        }
#pragma warning disable CA1031 // On a timer's thread a log that throws would end the program.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The next look tells the rest.
        }
    }

    private void LogOutcome(LicenseCheck check)
    {
        if (check.IsValid)
        {
            logger.LogInformation("License {Outcome}: {Evidence}", check.Outcome, check.GetEvidence(LicenseLanguage.English));
        }
        else
        {
            logger.LogWarning(
                "License {Outcome}: {Evidence} {Advice}", check.Outcome, check.GetEvidence(LicenseLanguage.English), check.GetAdvice(LicenseLanguage.English));
        }
    }

    private void LogNotices()
    {
        lock (_gate)
        {
            var notices = open.Guard.Notices;
            foreach (var notice in notices.Where(notice => _known.TryAdd(notice.Kind, notice)))
            {
                logger.LogWarning(
                    "License notice {Kind}: {Text} {Advice}", notice.Kind, notice.GetText(LicenseLanguage.English), notice.GetAdvice(LicenseLanguage.English));
            }

            foreach (var kind in _known.Keys.Except(notices.Select(static notice => notice.Kind)).ToArray())
            {
                _known.Remove(kind);
                logger.LogInformation("License notice {Kind} is over.", kind);
            }
        }
    }
}
