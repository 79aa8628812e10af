using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>Two nodes on one database, and one event of <c>getLicenseAsync</c>.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class RequestedCodeNodesTests() : TwoNodesTests("Outbox:Enabled=false")
{
    [Test]
    public async Task GetLicenseAsync_SameEventAndDeviceOnTwoNodesAtOnce_OneCodeOnePlaceOneUpload()
    {
        LicenseAuthorityApplication[] nodes = [One, Other, One, Other];
        for (var round = 1; round <= 5; round++)
        {
            // One place: a second device would be refused.
            var license = await SoldLicense.BuyPlacesAsync(One, 1);
            var (eventId, before) = ($"event-{round}", OpenApi.Uploads.Count);
            var now = One.Time.GetUtcNow();
            V2Call Ask() => V2Call.License(license.Id, eventId, "a device", now, now + TimeSpan.FromDays(5));

            var replies = await Task.WhenAll(nodes.Select(node => Task.Run(() => node.MarketplaceV2.SendAsync(Ask()))));
            await Task.WhenAll(new[] { One, Other }.Select(node => Task.Run(() => SendAsync(node))));
            var after = await Task.WhenAll(nodes.Select(node => node.MarketplaceV2.SendAsync(Ask())));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000004"));
                Assert.That(after.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
                Assert.That(OpenApi.Uploads.Skip(before).Select(upload => upload.EventId), Is.EqualTo([eventId]));
                Assert.That(One.Query($"SELECT count(*) FROM activations WHERE license_id = '{license.Id}'"), Is.EqualTo([1L]));
                Assert.That(One.Query($"SELECT count(*) FROM codes WHERE license_id = '{license.Id}'"), Is.EqualTo([2L]), "that of the order and that of the device");
                Assert.That(One.Query($"SELECT text FROM codes WHERE license_id = '{license.Id}' AND generation = 2"), Is.EqualTo([OpenApi.Uploads[^1].Code]));
            }
        }
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
