using LicenseAuthority.Health;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Health;

/// <summary>Each probe wrote a line, with a stack trace, for each entry that was not green: 15 s of probes were 90 MB of log.</summary>
internal sealed class HealthLogTests
{
    private readonly FakeTimeProvider _time = new();
    private RecordedLogs _logs = null!;
    private HealthLog _log = null!;

    [SetUp]
    public void Make()
    {
        _logs = new RecordedLogs();
        _log = new HealthLog(_time, new LoggerFactory([_logs]).CreateLogger<HealthLog>());
    }

    [TearDown]
    public void Drop() => _logs.Dispose();

    [Test]
    public void Tell_StaysDegraded_IsOneLine()
    {
        for (var i = 0; i < 100; i++)
        {
            _log.Tell(Report("keys", HealthStatus.Degraded));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(_logs.Lines.Select(static line => (line.Level, line.Message)), Is.EqualTo([(LogLevel.Warning, "Health has changed: keys is Degraded: said")]));
    }

    [Test]
    public void Tell_ChangesAllTheTime_IsOneLineInTenSeconds()
    {
        for (var second = 0; second < 60; second++)
        {
            _log.Tell(Report("keys", second % 2 == 0 ? HealthStatus.Degraded : HealthStatus.Healthy));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(_logs.Lines, Has.Count.InRange(2, 6));
    }

    [Test]
    public void Tell_GoesBackToHealthy_IsToldOnceItMayBe()
    {
        _log.Tell(Report("keys", HealthStatus.Unhealthy));
        _log.Tell(Report("keys", HealthStatus.Healthy));
        Assert.That(_logs.Lines, Has.Count.EqualTo(1), "too soon");
        _time.Advance(HealthLog.BetweenLines);

        _log.Tell(Report("keys", HealthStatus.Healthy));

        Assert.That(_logs.Lines.Select(static line => line.Level), Is.EqualTo([LogLevel.Error, LogLevel.Information]));
    }

    [Test]
    public async Task Ready_AskedOftenWhileDegraded_WritesOneLine()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync([$"Storage:FreeSpaceWarningMiB={int.MaxValue}"]);
        for (var i = 0; i < 20; i++)
        {
            await app.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative));
        }

        Assert.That(app.Logs.Lines.Where(static line => line.Level >= LogLevel.Warning).ToList(), Has.Count.EqualTo(1));
    }

    // A check that throws has the exception's message as its description, and that may name the server and its user.
    [Test]
    public void DescriptionOf_ACheckThatThrew_DoesNotRepeatTheException()
    {
        var entry = new HealthReportEntry(HealthStatus.Degraded, "no host db.internal", TimeSpan.Zero, new InvalidOperationException("no host db.internal"), null);

        Assert.That(HealthServices.DescriptionOf(entry), Does.Not.Contain("db.internal"));
    }

    private static HealthReport Report(string name, HealthStatus status) => new(
        new Dictionary<string, HealthReportEntry> { [name] = new(status, "said", TimeSpan.Zero, null, null) }, TimeSpan.Zero);
}
