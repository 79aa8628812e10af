using System.Text.Json;
using LicenseAuthority.Outbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Support;

/// <summary>A service with the marketplace's open API beside it, whose outbox is sent when the test says so, without jitter. Both end with the test.</summary>
internal abstract class OpenApiTests(params string[] settings)
{
    protected static readonly string[] Settings = ["Outbox:Enabled=false", "Expiry:Enabled=false", "Licensee:RefreshesPerMinute=1000"];

    protected LicenseAuthorityApplication App { get; private set; } = null!;

    protected OpenApiServer OpenApi { get; private set; } = null!;

    [SetUp]
    public async Task StartAsync()
    {
        OpenApi = await OpenApiServer.StartAsync();
        App = await LicenseAuthorityApplication.StartAsync([.. Settings, .. settings, .. OpenApi.Settings], WithoutJitter);
        OpenApi.Follow(App.Time);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await App.DisposeAsync();
        await OpenApi.DisposeAsync();
    }

    /// <summary>Sends what is due now, and what becomes due by that, until nothing is.</summary>
    protected async Task SendAsync()
    {
        var dispatcher = App.Services.GetRequiredService<OutboxDispatcher>();
        while (await dispatcher.DispatchAsync(CancellationToken.None) > 0)
        {
            await dispatcher.WhenIdleAsync();
        }
    }

    /// <summary>Lets time pass, then sends.</summary>
    protected Task SendAfterAsync(TimeSpan wait)
    {
        App.Time.Advance(wait);
        return SendAsync();
    }

    protected async Task<(string Status, string Description)> HealthAsync(string check)
    {
        // A report is shared for a second.
        App.Time.Advance(TimeSpan.FromSeconds(2));
        var report = JsonElement.Parse(await App.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
        var entry = report.GetProperty("checks").GetProperty(check);
        return (entry.GetProperty("status").GetString()!, entry.GetProperty("description").GetString()!);
    }

    private static void WithoutJitter(WebApplicationBuilder builder) =>
        builder.Services.Replace(ServiceDescriptor.Singleton(new Backoff(static () => 0.5)));
}
