using LicenseAuthority.Expiry;
using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;

namespace LicenseAuthority.Tests.Expiry;

/// <summary>The scheduler as it really runs: Quartz goes by the computer's clock, what is due is judged by the service's.</summary>
[OnEveryDatabase]
internal sealed class EnforceExpiryJobTests
{
    [Test]
    public async Task Job_EveryInterval_RecordsWhatBecameDueWithoutAnyCall()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Interval=00:00:01"]);
        var license = await SoldLicense.BuyAsync(app);
        app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        foreach (var step in new[] { SoldLicense.Term, SoldLicense.Grace })
        {
            var settled = app.Logs.NextAsync(line => line.Message == "The clock decided on 1 licenses; recorded.");
            app.Time.Advance(step);
            await settled;
        }

        string[] expected = ["license.issued marketplace", "license.frozen clock", "license.released clock"];
        Assert.That(await license.EventWordsAsync(), Is.EqualTo(expected), "once each, however often it runs");
    }

    [Test]
    public async Task Job_ServicesClockStandsStill_RunsAgainAndAgain()
    {
        // The schedule means real minutes: waiting by the service's clock, it would run once and then never.
        var due = new CountedDueLicenses(runs: 3);
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Interval=00:00:01", "Clock:HoldFor=00:00:00"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<IDueLicenses>(due)));

        await due.Reached.WaitAsync(Patience.Length);

        Assert.That(app.Services.GetRequiredService<TimeProvider>().GetUtcNow(), Is.EqualTo(app.Time.GetUtcNow()), "the scheduler has not replaced the service's clock");
    }

    [Test]
    public async Task Job_TheClockWasSetBackByAMonth_RunsWithinTheIntervalAndNotAMonthLater()
    {
        // Quartz goes by the computer's clock, which no test can set; what a correction leaves behind is a next run that is a month ahead.
        var due = new CountedDueLicenses(runs: 1);
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Interval=00:00:01", "Clock:HoldFor=00:00:00"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<IDueLicenses>(due)));
        await due.Reached.WaitAsync(TimeSpan.FromMinutes(1));
        var mended = app.Logs.NextAsync(line => line.Message.StartsWith("The next sweep would have come at", StringComparison.Ordinal));

        await PutOffAsync(app, TimeSpan.FromDays(30));
        await mended;
        due.Begin(runs: 2);

        await due.Reached.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Test]
    public async Task Health_TheNextRunIsAMonthAhead_IsDegraded()
    {
        var due = new CountedDueLicenses(runs: 1);
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Interval=01:00:00", "Clock:HoldFor=00:00:00"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<IDueLicenses>(due)));
        await due.Reached.WaitAsync(TimeSpan.FromMinutes(1));

        await PutOffAsync(app, TimeSpan.FromDays(30));

        var report = await app.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative));
        Assert.That(report, Does.Contain("the next sweep comes only at").And.Contains("\"status\":\"Degraded\""), "it said that the scheduler runs");
    }

    private static async Task PutOffAsync(LicenseAuthorityApplication app, TimeSpan by)
    {
        var scheduler = await app.Services.GetRequiredKeyedService<ISchedulerFactory>(ExpiryServices.SchedulerName).GetScheduler();
        var trigger = await scheduler.GetTrigger(SweepSchedule.Trigger);
        await scheduler.RescheduleJob(SweepSchedule.Trigger, trigger!.GetTriggerBuilder().StartAt(TimeProvider.System.GetUtcNow() + by).Build());
    }

    private sealed class CountedDueLicenses : IDueLicenses
    {
        private TaskCompletionSource _reached = null!;
        private int _left;

        public CountedDueLicenses(int runs) => Begin(runs);

        public Task Reached => _reached.Task;

        public void Begin(int runs)
        {
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _left, runs);
        }

        public ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken)
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _reached.SetResult();
            }

            return ValueTask.FromResult<DueBatch?>(null);
        }

        public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) => throw new NotSupportedException("Nothing is due here.");

        public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<DateTimeOffset?>(null);
    }
}
