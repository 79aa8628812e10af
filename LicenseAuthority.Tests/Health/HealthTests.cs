using System.Net;
using System.Text.Json;
using LicenseAuthority.Tests.Support;

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

    private static DateTimeOffset EndOfTheKeys(LicenseAuthorityApplication application) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)application.Query("SELECT max(not_after) FROM signing_keys")[0]);

    private static async Task<(HttpStatusCode Status, JsonElement Report)> ReadyAsync(LicenseAuthorityApplication application)
    {
        using var response = await application.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    private static string? StatusOf(JsonElement report, string check) =>
        report.GetProperty("checks").GetProperty(check).GetProperty("status").GetString();
}
