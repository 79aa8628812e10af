using System.Globalization;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>A known order with other content: the customer keeps what was issued, and an operator hears of it once.</summary>
[OnEveryDatabase]
internal sealed class GetLicenseConflictTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("amount", "6", "6 none")]
    [TestCase("amount", "", "1 none")]
    [TestCase("expireTime", "20280601155959", "0 2028-06-01 15:59:59")]
    [TestCase("expireTime", "20260701000000", "0 2026-07-01 00:00:00")]
    [TestCase("expireTime", "", "0 none")]
    public async Task GetLicense_SameOrderWithOtherContent_AnswersAsBeforeAndKeepsOneConflict(string parameter, string value, string proposal)
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        var other = GetLicenseCall.For("CS1").With(parameter, value);

        var second = await _app.Marketplace.SendAsync(other);
        var rows = _app.CountRows();
        var third = await _app.Marketplace.SendAsync(other.With("timeStamp", "20260601020000123"));
        var original = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(second.Body, Is.EqualTo(first.Body));
            Assert.That(third.Body, Is.EqualTo(first.Body));
            Assert.That(original.Body, Is.EqualTo(first.Body));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
            Assert.That(
                _app.Query("SELECT kind || ' ' || actor || ' ' || activity || ' ' || order_id || ' ' || license_id FROM conflicts"),
                Is.EqualTo([$"conflict marketplace getLicense CS1 {first.InstanceId}"]));
            Assert.That($"{_app.Query("SELECT coalesce(quantity, 0) FROM conflicts").Single()} {Proposed(_app.Query("SELECT coalesce(expires_at, 0) FROM conflicts").Single())}", Is.EqualTo(proposal));
            Assert.That(_app.Query("SELECT type FROM events ORDER BY id"), Is.EqualTo(["license.issued", "call.conflict"]));
            Assert.That(_app.Query("SELECT quantity FROM licenses"), Is.EqualTo([5L]));
        }
    }

    private static string Proposed(object milliseconds) =>
        milliseconds is 0L ? "none" : DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    // It was stored and nobody heard of it: an operator who watches the log saw nothing.
    [Test]
    public async Task GetLicense_SameOrderWithOtherContent_IsToldInTheLogOnce()
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "6"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "6").With("timeStamp", "20260601020000123"));

        Assert.That(
            _app.Logs.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Message),
            Is.EqualTo([
                $"A call was answered with success but not applied: license {first.InstanceId}, getLicense, order CS1: "
                + "the order came again with another quantity or expiry. Decide it at /admin/v1/conflicts."]));
    }

    [Test]
    public async Task GetLicense_TwoDifferentContents_KeepsAConflictForEach()
    {
        foreach (var amount in (string[])["5", "6", "7", "6", "7", "5"])
        {
            await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", amount));
        }

        Assert.That(_app.Query("SELECT quantity FROM conflicts ORDER BY quantity"), Is.EqualTo([6L, 7L]));
    }

    [Test]
    public async Task GetLicense_OtherContentManyTimesAtOnce_KeepsOneConflict()
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("amount", "6"))));

        Assert.That(replies.Select(reply => reply.Body), Has.All.EqualTo(first.Body));
        Assert.That(_app.Query("SELECT COUNT(*) FROM conflicts"), Is.EqualTo([1L]));
        Assert.That(_app.Query("SELECT COUNT(*) FROM events WHERE type = 'call.conflict'"), Is.EqualTo([1L]));
    }

    // Everything else about an order may differ: names are corrected, retries have new business ids.
    [TestCase("customerName", "Another Name")]
    [TestCase("customerId", "another-customer")]
    [TestCase("skuCode", "another-sku")]
    [TestCase("periodType", "month")]
    [TestCase("expireTime", "20270601155959500")]
    public async Task GetLicense_SameOrderWithOtherDetails_IsNoConflict(string parameter, string value)
    {
        var first = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        var second = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With(parameter, value));

        Assert.That(second.Body, Is.EqualTo(first.Body));
        Assert.That(_app.Query("SELECT id FROM conflicts"), Is.Empty);
    }
}
