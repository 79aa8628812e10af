using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>Two nodes on one database, and one event of <c>getLicenseAsync</c>.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class RequestedCodeNodesTests
{
    private static readonly string[] Settings = ["Outbox:Enabled=false", "Expiry:Enabled=false"];

    private OpenApiServer _openApi = null!;
    private LicenseAuthorityApplication _one = null!;
    private LicenseAuthorityApplication _other = null!;

    [SetUp]
    public async Task Start()
    {
        _openApi = await OpenApiServer.StartAsync();
        _one = await LicenseAuthorityApplication.StartAsync([.. Settings, .. _openApi.Settings]);
        _other = await LicenseAuthorityApplication.StartAsync([.. Settings, .. _openApi.Settings], beside: _one);
        _openApi.Follow(_one.Time);
    }

    [TearDown]
    public async Task Stop()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
        await _openApi.DisposeAsync();
    }

    [Test]
    public async Task GetLicenseAsync_SameEventAndDeviceOnTwoNodesAtOnce_OneCodeOnePlaceOneUpload()
    {
        LicenseAuthorityApplication[] nodes = [_one, _other, _one, _other];
        for (var round = 1; round <= 5; round++)
        {
            // One place: a second device would be refused.
            var license = await SoldLicense.BuyPlacesAsync(_one, 1);
            var (eventId, before) = ($"event-{round}", _openApi.Uploads.Count);
            var now = _one.Time.GetUtcNow();
            V2Call Ask() => V2Call.License(license.Id, eventId, "a device", now, now + TimeSpan.FromDays(5));

            var replies = await Task.WhenAll(nodes.Select(node => Task.Run(() => node.MarketplaceV2.SendAsync(Ask()))));
            await Task.WhenAll(new[] { _one, _other }.Select(node => Task.Run(() => SendAsync(node))));
            var after = await Task.WhenAll(nodes.Select(node => node.MarketplaceV2.SendAsync(Ask())));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000004"));
                Assert.That(after.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
                Assert.That(_openApi.Uploads.Skip(before).Select(upload => upload.EventId), Is.EqualTo([eventId]));
                Assert.That(_one.Query($"SELECT count(*) FROM activations WHERE license_id = '{license.Id}'"), Is.EqualTo([1L]));
                Assert.That(_one.Query($"SELECT count(*) FROM codes WHERE license_id = '{license.Id}'"), Is.EqualTo([2L]), "that of the order and that of the device");
                Assert.That(_one.Query($"SELECT text FROM codes WHERE license_id = '{license.Id}' AND generation = 2"), Is.EqualTo([_openApi.Uploads[^1].Code]));
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
