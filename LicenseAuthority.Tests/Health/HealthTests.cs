using System.Net;
using System.Text.Json;
using LicenseAuthority.Health;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Tests.Health;

/// <summary>Whether an orchestrator should send orders here, and what an operator should look at.</summary>
[OnEveryDatabase]
public sealed class HealthTests
{
    [Test]
    public async Task Ready_AllIsWell_EveryCheckIsHealthy()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync();

        var (status, report) = await ReadyAsync(application);

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(StatusOf(report, "database"), Is.EqualTo("Healthy"));
        Assert.That(StatusOf(report, "keys"), Is.EqualTo("Healthy"));
        Assert.That(StatusOf(report, "overdue"), Is.EqualTo("Healthy"));
    }

    [Test]
    public async Task Ready_TheSchedulerRuns_Healthy()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync();

        // Quartz starts a moment after the service: asked again until it has.
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((await ReadyAsync(application)).Report.GetProperty("checks").GetProperty("scheduler").GetProperty("description").GetString()
            != "The scheduler runs.")
        {
            patience.Token.ThrowIfCancellationRequested();
            application.Time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Test]
    public async Task Ready_CertificateEndsSoon_DegradedButReady()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        application.Time.SetUtcNow(EndOfTheKeys(application).AddDays(-179));

        var (status, report) = await ReadyAsync(application);

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(StatusOf(report, "keys"), Is.EqualTo("Degraded"));
    }

    [Test]
    public async Task Ready_CertificateHasEnded_NotReadyButLive()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        application.Time.SetUtcNow(EndOfTheKeys(application));

        var (status, report) = await ReadyAsync(application);
        using var live = await application.Client.GetAsync(new Uri("/health/live", UriKind.Relative));

        Assert.That(status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(StatusOf(report, "keys"), Is.EqualTo("Unhealthy"));
        Assert.That(live.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    // By the old time much lies in the future then: the last sweep, the start, messages, orders. None of that is anybody's trouble.
    [TestCase(-30)]
    [TestCase(-4 * 60)]
    [TestCase(-40 * 24 * 60)]
    public async Task Ready_ClockGoesBack_AllIsAsGreenAsBefore(int minutes)
    {
        await using var application = await LicenseAuthorityApplication.StartAsync(["Outbox:Enabled=false"]);
        application.Machine.Shift = TimeSpan.FromDays(50);
        await application.RestartAsync();
        await SoldLicense.BuyAsync(application);
        await application.MarketplaceV2.SendAsync(V2Call.Query("lic_none"));
        var (_, before) = await ReadyAsync(application);

        application.Machine.Shift += TimeSpan.FromMinutes(minutes);
        application.Time.Advance(TimeSpan.FromSeconds(3));
        var (status, after) = await ReadyAsync(application);
        var again = await SoldLicense.BuyAsync(application);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(Statuses(after), Is.EqualTo(Statuses(before)));
            Assert.That(Statuses(after), Has.None.EndsWith("Unhealthy"));
            Assert.That(again.Id, Is.Not.Empty);
        }
    }

    // Each of 200 callers had all waiting messages counted, and issuing stopped.
    [Test]
    public async Task Ready_ManyCallers_WhatAsksTheStoreIsReadOnceInTwoSeconds()
    {
        var asked = new CountedCheck();
        await using var application = await StartWithAsync("asks-the-store", asked);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => ReadyAsync(application)));
        Assert.That(asked.Count, Is.EqualTo(1));

        application.Time.Advance(TimeSpan.FromSeconds(1.999));
        await ReadyAsync(application);
        Assert.That(asked.Count, Is.EqualTo(1));

        application.Time.Advance(TimeSpan.FromSeconds(0.001));
        await ReadyAsync(application);
        Assert.That(asked.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task Ready_StoreHangs_CallersShareOneQuestion()
    {
        var asked = new CountedCheck { Until = new TaskCompletionSource() };
        await using var application = await StartWithAsync("asks-the-store", asked);

        var report = application.Services.GetRequiredService<ReadyReport>();
        var waiting = Enumerable.Range(0, 5).Select(_ => report.ReadAsync(CancellationToken.None)).ToList();
        application.Time.Advance(TimeSpan.FromMinutes(1));
        waiting.Add(report.ReadAsync(CancellationToken.None));
        asked.Until.SetResult();
        await Task.WhenAll(waiting);

        Assert.That(asked.Count, Is.EqualTo(1));
    }

    // What was proven of a check of the test's own was not so of "database" and "scheduler": each probe was a query, and while red a write of 128 KiB.
    [TestCase(false)]
    [TestCase(true)]
    public async Task Ready_AskedFiftyTimes_TheStoreIsAskedForOne(bool isRed)
    {
        CountedDatabase? store = null;
        await using var application = await LicenseAuthorityApplication.StartAsync(
            [], builder => Decorate(builder.Services, inner => store = new CountedDatabase(inner)));
        await ReadyAsync(application);
        if (isRed)
        {
            application.Services.GetRequiredService<DatabaseState>().Failed("For this test.");
        }

        var before = (store!.Reads, store.Writes);
        for (var i = 0; i < 50; i++)
        {
            Assert.That((await ReadyAsync(application)).Status, Is.EqualTo(isRed ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK));
        }

        // Services that began to look at the start may still be at it.
        Assert.That(Math.Max(store.Reads - before.Reads, store.Writes - before.Writes), Is.LessThan(10));
        Assert.That(before.Reads, Is.Positive);
        before = (store.Reads, store.Writes);
        application.Time.Advance(TimeSpan.FromSeconds(2));
        await ReadyAsync(application);
        Assert.That(store.Reads, Is.GreaterThan(before.Reads), "the next two seconds");
    }

    // A key that was lost was told only when the store had answered, and a store that hangs never does.
    [Test]
    public async Task Ready_StoreHangs_FlagsAreToldAndNobodyWaits()
    {
        var asked = new CountedCheck { Until = new TaskCompletionSource() };
        var flag = new CountedCheck { Result = HealthCheckResult.Unhealthy("It went.") };
        await using var application = await StartWithAsync("flag", flag, [ReadyReport.Live], builder => builder.Services.AddHealthChecks().AddCheck("asks-the-store", asked));

        var (status, report) = await ReadyAsync(application);
        Assert.That((status, StatusOf(report, "flag"), StatusOf(report, "asks-the-store")), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "Unhealthy", "Degraded")));

        flag.Result = HealthCheckResult.Healthy();
        application.Time.Advance(TimeSpan.FromSeconds(1));
        (status, report) = await ReadyAsync(application);
        Assert.That((status, StatusOf(report, "database")), Is.EqualTo((HttpStatusCode.OK, "Healthy")));

        application.Time.Advance(ReadyReport.LongestAnswer);
        (status, report) = await ReadyAsync(application);
        Assert.That((status, StatusOf(report, "database")), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "Unhealthy")));

        asked.Until.SetResult();
        using var patience = new CancellationTokenSource(Patience.Length);
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            (status, report) = await ReadyAsync(application);
        }
        while (StatusOf(report, "asks-the-store") != "Healthy");
        Assert.That((status, StatusOf(report, "database")), Is.EqualTo((HttpStatusCode.OK, "Healthy")));
    }

    // A node that lost its key must say so to the next one who asks.
    [Test]
    public async Task Ready_FlagInMemoryChanges_IsSeenAtOnce()
    {
        var flag = new CountedCheck();
        await using var application = await StartWithAsync("flag", flag, ReadyReport.Live);
        await ReadyAsync(application);

        flag.Result = HealthCheckResult.Unhealthy("It went.");

        Assert.That((await ReadyAsync(application)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    // 15 s of probes wrote 90 MB of log: a line with a stack trace for each.
    [Test]
    public async Task Ready_StaysRed_IsLoggedOnceAndWithoutAStackTrace()
    {
        var check = new CountedCheck { Result = HealthCheckResult.Unhealthy("It is gone.", new IOException("no route")) };
        await using var application = await StartWithAsync("something", check, ReadyReport.Live);
        for (var i = 0; i < 100; i++)
        {
            Assert.That((await ReadyAsync(application)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        }

        var lines = application.Logs.Lines.Where(line => line.Message.Contains("something", StringComparison.Ordinal)).ToList();
        Assert.That(lines.ConvertAll(line => line.Message), Is.EqualTo(["Health has changed: something is Unhealthy: It is gone. (IOException: no route)"]));
        Assert.That(lines[0].Exception, Is.Null);

        check.Result = HealthCheckResult.Healthy("It is back.");
        await ReadyAsync(application);
        Assert.That(application.Logs.Lines.Count(line => line.Message.Contains("something", StringComparison.Ordinal)), Is.EqualTo(1), "not yet: it may change with every call");
        application.Time.Advance(TimeSpan.FromSeconds(10));
        await ReadyAsync(application);
        Assert.That(application.Logs.Lines.Select(line => line.Message), Has.One.StartsWith("Health has changed: something is Healthy"));
    }

    private static Task<LicenseAuthorityApplication> StartWithAsync(string name, IHealthCheck check, params string[] tags) =>
        StartWithAsync(name, check, tags, static _ => { });

    private static Task<LicenseAuthorityApplication> StartWithAsync(
        string name, IHealthCheck check, string[] tags, Action<WebApplicationBuilder> configure) => LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false"],
        builder =>
        {
            builder.Services.AddHealthChecks().AddCheck(name, check, tags: tags);
            configure(builder);
        });

    private static void Decorate(IServiceCollection services, Func<IDatabase, IDatabase> decorate)
    {
        var inner = services.Last(static service => service.ServiceType == typeof(IDatabase)).ImplementationFactory!;
        services.Replace(ServiceDescriptor.Singleton(provider => decorate((IDatabase)inner(provider))));
    }

    private static DateTimeOffset EndOfTheKeys(LicenseAuthorityApplication application) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)application.Query("SELECT max(not_after) FROM signing_keys")[0]);

    private static async Task<(HttpStatusCode Status, JsonElement Report)> ReadyAsync(LicenseAuthorityApplication application)
    {
        using var response = await application.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    private static List<string> Statuses(JsonElement report) =>
        [.. report.GetProperty("checks").EnumerateObject().Select(static check => $"{check.Name} {check.Value.GetProperty("status").GetString()}")];

    private static string? StatusOf(JsonElement report, string check) =>
        report.GetProperty("checks").GetProperty(check).GetProperty("status").GetString();

    private sealed class CountedDatabase(IDatabase inner) : IDatabase
    {
        private int _reads;
        private int _writes;

        public int Reads => Volatile.Read(ref _reads);

        public int Writes => Volatile.Read(ref _writes);

        public SqlDialect Dialect => inner.Dialect;

        public bool IsContended => inner.IsContended;

        public DatabaseState State => inner.State;

        public void LookAfterFiles() => inner.LookAfterFiles();

        public Task<T> WriteAsync<T>(Func<IWriteSession, ValueTask<T>> work, WritePriority priority, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _writes);
            return inner.WriteAsync(work, priority, cancellationToken);
        }

        public ValueTask<T> ReadAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            return inner.ReadAsync(read, cancellationToken);
        }

        public ValueTask<T> ReadSnapshotAsync<T>(Func<IReadSession, ValueTask<T>> read, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            return inner.ReadSnapshotAsync(read, cancellationToken);
        }
    }

    private sealed class CountedCheck : IHealthCheck
    {
        private int _count;

        public int Count => _count;

        public HealthCheckResult Result { get; set; } = HealthCheckResult.Healthy();

        public TaskCompletionSource? Until { get; init; }

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _count);
            await (Until?.Task ?? Task.CompletedTask);
            return Result;
        }
    }
}
