using System.Net;
using System.Text.Json;
using LicenseAuthority.Health;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
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

    private static Task<LicenseAuthorityApplication> StartWithAsync(string name, IHealthCheck check, params string[] tags) => LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false"], builder => builder.Services.AddHealthChecks().AddCheck(name, check, tags: tags));

    private static DateTimeOffset EndOfTheKeys(LicenseAuthorityApplication application) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)application.Query("SELECT max(not_after) FROM signing_keys")[0]);

    private static async Task<(HttpStatusCode Status, JsonElement Report)> ReadyAsync(LicenseAuthorityApplication application)
    {
        using var response = await application.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    private static string? StatusOf(JsonElement report, string check) =>
        report.GetProperty("checks").GetProperty(check).GetProperty("status").GetString();

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
