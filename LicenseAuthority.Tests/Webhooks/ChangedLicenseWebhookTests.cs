using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Webhooks;

/// <summary>Whoever keeps the end of a license must hear when it is corrected, which is no renewal.</summary>
[OnEveryDatabase]
internal sealed class ChangedLicenseWebhookTests : WebhookTests
{
    [Test]
    public async Task EstimateOfTheEndIsSetRight_IsTold()
    {
        await SubscribedIdAsync("license.changed");
        var license = await SoldLicense.BuyAsync(App);
        var estimate = (await license.ShowAsync()).GetProperty("expiresAt").GetDateTimeOffset();
        await App.Services.GetRequiredService<LicenseService>().ExecuteAsync(
            new LicenseTarget(license.Id),
            new LicenseCommand.CorrectEnd(new CallSource(CallSource.Marketplace, "queryLicenseCode"), estimate, estimate.AddDays(5)),
            CancellationToken.None);

        await SendAsync();

        var received = Receiver.Received.Single();
        var data = JsonElement.Parse(received.Text).GetProperty("data");
        Assert.That((received.Type, received.LicenseId), Is.EqualTo(("license.changed", license.Id)));
        Assert.That(data.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(estimate.AddDays(5)));
        Assert.That(data.GetProperty("activity").GetString(), Is.EqualTo("queryLicenseCode"));
    }
}
