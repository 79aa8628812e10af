using System.Text.Json;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Webhooks;

/// <summary>Whoever keeps quantity or end of a license must hear when one of them is corrected, which is no renewal.</summary>
[OnEveryDatabase]
internal sealed class ChangedLicenseWebhookTests : WebhookTests
{
    [Test]
    public async Task QuantityIsCorrected_IsTold()
    {
        await SubscribedIdAsync("license.changed");
        var purchase = GetLicenseCall.For("CS1").With("amount", "3");
        var license = (await App.Marketplace.SendAsync(purchase)).InstanceId!;
        await App.Marketplace.SendAsync(purchase.With("amount", "7"));
        var conflict = (await App.Admin.ListIdsAsync("conflicts")).Single();
        await App.Admin.PostAsync($"conflicts/{conflict}/apply", "the customer did buy 7");

        await SendAsync();

        var received = Receiver.Received.Single();
        var data = JsonElement.Parse(received.Text).GetProperty("data");
        Assert.That((received.Type, received.LicenseId), Is.EqualTo(("license.changed", license)));
        Assert.That(data.GetProperty("quantity").GetInt32(), Is.EqualTo(7));
    }
}
