using System.Diagnostics;
using LicenseAuthority.Telemetry;
using LicenseAuthority.Tests.Hosting;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>What leaves for the collector, taken in at the other end.</summary>
[NonParallelizable] // OpenTelemetry listens to all meters and spans of the process: what other fixtures do would be exported too.
internal sealed class ExportTests
{
    [Test]
    public async Task Export_NoEndpoint_NothingOfOpenTelemetryRuns()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9"]);

        Assert.That(app.Services.GetService<MeterProvider>(), Is.Null);
        Assert.That(app.Services.GetService<TracerProvider>(), Is.Null);
    }

    // Nothing is sampled out, and the instrumentation's own protection is switched off, as a variable of the environment may do.
    [Test]
    public async Task Export_OfEverythingThatHappens_ArrivesAndHoldsNoSecret()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var app = await LicenseAuthorityApplication.StartAsync(
            [
                .. SecretRun.Settings,
                "Logging:LogLevel:Default=Trace",
                "Logging:LogLevel:Microsoft.AspNetCore=Trace",
                $"Telemetry:OtlpEndpoint={receiver.Address}",
                "OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION=true",
            ],
            keys: KeyFiles.Production);

        var run = await SecretRun.PlayAsync(app);
        await app.StopAsync();

        var metrics = receiver.TextOf("/v1/metrics");
        var traces = receiver.TextOf("/v1/traces");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(receiver.Paths, Is.EquivalentTo(["/v1/metrics application/x-protobuf", "/v1/traces application/x-protobuf"]));
            Assert.That(metrics, Does.Contain("license_authority.marketplace.requests").And.Contain("refreshLicense").And.Contain("http.server.request.duration"));
            Assert.That(metrics, Does.Contain("license_authority.store.commits").And.Contain("license-authority").And.Contain("dotnet.gc"));
            Assert.That(traces, Does.Contain("sign license code").And.Contain("store change").And.Contain("/marketplace/koogallery").And.Contain("/admin/v1/licenses/{id}"));
            Assert.That(traces, Does.Not.Contain("url.query").And.Not.Contain("authToken"));
            run.AssertAbsent("metrics", metrics);
            run.AssertAbsent("traces", traces);
            run.AssertAbsent(app.Logs);
        }
    }

    // The log went there all along and nobody was told; and a level that was set for one provider went over the rule that keeps queries out of the log.
    // In a process, as the tests' own application logs elsewhere.
    [TestCase("Information", true)]
    [TestCase("None", false)]
    public async Task Export_OfTheLog_IsSentUnlessSwitchedOffAndHoldsNoSecret(string level, bool sent)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var folder = TestFolder.Create();
        try
        {
            using var service = ServiceProcess.Start(new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_CONTENTROOT"] = folder,
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["PublicUrl"] = LicenseAuthorityApplication.PublicUrl,
                ["Admin__BootstrapApiKey"] = LicenseAuthorityApplication.AdminKey,
                ["Telemetry__OtlpEndpoint"] = receiver.Address,
                ["Logging__OpenTelemetry__LogLevel__Default"] = level,
                ["Logging__Console__LogLevel__Default"] = "Information",
            });
            using var http = new HttpClient { BaseAddress = await service.ListeningAsync() };
            using var refused = await http.GetAsync(new Uri("/marketplace/koogallery?activity=getLicense&authToken=c2VjcmV0&customerName=Secretive%20Company", UriKind.Relative));
            await service.TerminateAsync();
            Assert.That(service.Output, Does.Contain("could not be authenticated").And.Not.Contain("c2VjcmV0").And.Not.Contain("Secretive"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var logs = receiver.TextOf("/v1/logs");
        Assert.That(receiver.Paths.Contains("/v1/logs application/x-protobuf"), Is.EqualTo(sent));
        Assert.That(logs.Contains("could not be authenticated", StringComparison.Ordinal), Is.EqualTo(sent));
        Assert.That(logs, Does.Not.Contain("c2VjcmV0").And.Not.Contain("Secretive").And.Not.Contain(LicenseAuthorityApplication.AdminKey).And.Not.Contain("authToken="));
    }

    // A collector that is away is no reason not to sell.
    [Test]
    public async Task Export_NobodyReceives_OrdersAreServedAllTheSame()
    {
        string nowhere;
        await using (var receiver = await OtlpReceiver.StartAsync())
        {
            nowhere = receiver.Address;
        }

        await using var app = await LicenseAuthorityApplication.StartAsync([$"Telemetry:OtlpEndpoint={nowhere}"]);
        await SoldLicense.BuyAsync(app);
        await app.RestartAsync();

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS-AFTER"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public void QueryRemover_SpanWithAQuery_LeavesTheRest()
    {
        using var span = new Activity("a request");
        span.SetTag("url.path", "/marketplace/koogallery").SetTag("url.query", "?authToken=secret").SetTag("url.full", "http://a/?authToken=secret");
        using var remover = new QueryRemover();

        remover.OnEnd(span);

        Assert.That(span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"), Is.EqualTo(["url.path=/marketplace/koogallery"]));
    }
}
