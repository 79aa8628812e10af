using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
            ["Expiry:Interval=00:00:01"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<IDueLicenses>(due)));

        await due.Reached.WaitAsync(Patience.Length);

        Assert.That(app.Services.GetRequiredService<TimeProvider>(), Is.SameAs(app.Time), "the scheduler has not replaced the service's clock");
    }

    private sealed class CountedDueLicenses(int runs) : IDueLicenses
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _runs;

        public Task Reached => _reached.Task;

        public IAsyncEnumerable<int> SettleAsync(DateTimeOffset now, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _runs) == runs)
            {
                _reached.SetResult();
            }

            return AsyncEnumerable.Empty<int>();
        }

        public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<DateTimeOffset?>(null);
    }
}
