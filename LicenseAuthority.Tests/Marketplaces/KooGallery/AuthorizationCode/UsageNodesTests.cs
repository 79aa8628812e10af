using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Two nodes on one database to which licensed software tells of its use: they add up to one report.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class UsageNodesTests() : TwoNodesTests(
[
    "Outbox:Enabled=false", "Clock:HoldFor=00:00:00", "Licensee:RefreshesPerMinute=1000",
    .. LicenseAuthorityApplication.Product(0, "demo-product", "*", "Usage=Ids"),
])
{
    [Test]
    public async Task Report_OfTwoNodes_IsOne()
    {
        var license = (await One.Admin.ShowAsync(await SoldCode.New(One).IssueAsync())).GetProperty("code").GetString()!;
        string[] bodies = [.. Enumerable.Range(0, 120).Select(i => $$"""{"id": "user-{{i}}"}""")];
        await Task.WhenAll(
            Task.Run(() => One.UseAsync(license, bodies[..80])), Task.Run(() => Other.UseAsync(license, bodies[40..])),
            Task.Run(() => Other.UseAsync(license, bodies[40..80])));
        One.Time.Advance(TimeSpan.FromHours(17));
        Other.Time.Advance(TimeSpan.FromHours(17));
        await Task.WhenAll(Task.Run(One.ReportUsageAsync), Task.Run(Other.ReportUsageAsync), Task.Run(One.ReportUsageAsync));
        await Task.WhenAll(Task.Run(() => SendAsync(One)), Task.Run(() => SendAsync(Other)));

        Assert.That(OpenApi.Usages.Select(report => report.Entries.Count).Order(), Is.EqualTo([20, 100]));
        Assert.That(OpenApi.Usages.SelectMany(report => report.Entries).ToList(), Is.Unique);
        Assert.That(One.Query("SELECT count(*) FROM usage_ids"), Is.EqualTo([0L]));
        Assert.That(One.Query("SELECT count(*) FROM usage_days"), Is.EqualTo([0L]));
    }

    private static async Task SendAsync(LicenseAuthorityApplication node)
    {
        var dispatcher = node.Services.GetRequiredService<OutboxDispatcher>();
        while (await dispatcher.DispatchAsync(CancellationToken.None) > 0)
        {
            await dispatcher.WhenIdleAsync();
        }
    }
}
