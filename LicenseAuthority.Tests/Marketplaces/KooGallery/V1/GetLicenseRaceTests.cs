using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

[OnEveryDatabase]
internal sealed class GetLicenseRaceTests
{
    private const int Calls = 40;

    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task GetLicense_SameOrderManyTimesAtOnce_GivesOneLicenseAndOneCode()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => _app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))));

        Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
        Assert.That(replies.Select(reply => Convert.ToHexString(reply.Body)).Distinct().ToList(), Has.Count.EqualTo(1));
        Assert.That(_app.CountRows(), Is.EqualTo("licenses 1, codes 1, orders 1, follow_up_orders 0, answers 0, events 1, conflicts 0"));
    }

    [Test]
    public async Task GetLicense_ManyOrdersOfOneNewCustomerAtOnce_GivesOneCustomerId()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, Calls).Select(number => _app.Marketplace.SendAsync(GetLicenseCall.For($"CS{number}"))));

        var licenses = replies.Select(reply => _app.Check(reply.License)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(licenses.Select(check => check.Outcome), Has.All.EqualTo(LicenseOutcome.Valid));
            Assert.That(replies.Select(reply => reply.InstanceId), Is.Unique);
            Assert.That(licenses.Select(check => check.License!.StatusListIndex), Is.Unique);
            Assert.That(licenses.Select(check => check.License!.CustomerId).Distinct().ToList(), Has.Count.EqualTo(1));
            Assert.That(_app.Query("SELECT DISTINCT customer_id FROM licenses"), Has.Count.EqualTo(1));
            Assert.That(_app.CountRows(), Does.StartWith($"licenses {Calls}, codes {Calls}, orders {Calls}"));
        }
    }

    // The marketplace's debug cases, replayed by several of its machines at once.
    [Test]
    public async Task GetLicense_TestOrderOfAFinishedLicenseManyTimesAtOnce_BeginsOneNewRound()
    {
        var call = GetLicenseCall.For("CS1").With("testFlag", "1").With("expireTime", "20260615000000");
        var first = await _app.Marketplace.SendAsync(call);
        await _app.Marketplace.SendAsync(call);
        _app.Time.SetUtcNow(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero));
        var next = call.With("expireTime", "20270615000000");

        var replies = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => _app.Marketplace.SendAsync(next)));

        Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
        Assert.That(replies.Select(reply => reply.InstanceId), Has.All.EqualTo(first.InstanceId));
        Assert.That(replies.Select(reply => reply.License).Distinct().ToList(), Has.Count.EqualTo(1));
        Assert.That(_app.Query("SELECT generation FROM codes ORDER BY generation"), Is.EqualTo([1L, 2L]));
        Assert.That(_app.Query("SELECT id FROM conflicts"), Is.Empty);
    }

    // As the marketplace does after its time limit: the caller is gone, the order is served all the same, and the retry gets it.
    [Test]
    [SqliteOnly("blocks the one writer; PostgresFaultTests say it for PostgreSQL")]
    public async Task GetLicense_CallerHangsUp_OrderIsServedAllTheSame()
    {
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS0"));
        var writer = _app.Writer;
        Task pending;
        using (var cancellation = new CancellationTokenSource())
        {
            using var block = new Storage.WriterBlock(writer);
            pending = _app.Client.GetAsync(
                $"{MarketplaceCaller.Path}?{_app.Marketplace.SignedQuery(GetLicenseCall.For("CS1").Parameters)}", cancellation.Token);
            _app.WaitForQueuedWrites(1);
            await cancellation.CancelAsync();
            await Assert.ThatAsync(() => pending, Throws.InstanceOf<OperationCanceledException>());
        }

        // A write behind it: when that is done, so is the order's.
        await writer.RunAsync(static _ => true);

        Assert.That(_app.Query("SELECT order_id FROM orders ORDER BY order_id"), Is.EqualTo(["CS0", "CS1"]));
    }
}
