using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V1;

/// <summary>Many calls on one license at once: of 48, 70 % ended as busy when they raced for it.</summary>
[OnEveryDatabase]
internal sealed class InstanceCallRaceTests
{
    private const int Calls = 48;

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Refresh_ManyRenewalsOfOneLicenseAtOnce_EachIsServed()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var end = _app.Time.GetUtcNow() + SoldLicense.Term;

        var replies = await Task.WhenAll(Enumerable.Range(1, Calls).Select(days => Task.Run(() => license.RefreshAsync(end.AddDays(days)))));

        Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
        Assert.That(await license.EventsAsync(), Has.Count.EqualTo(1 + Calls));
    }

    // The order's own calls change the license as well, where its content is another.
    [Test]
    public async Task GetLicense_KnownOrderWithOtherContentBetweenRenewals_EachIsAnswered()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var end = _app.Time.GetUtcNow() + SoldLicense.Term;

        var replies = await Task.WhenAll(Enumerable.Range(1, Calls).Select(number => Task.Run(() => number % 2 == 0
            ? license.RefreshAsync(end.AddDays(number))
            : _app.Marketplace.SendAsync(license.Purchase.With("amount", $"{number + 5}")))));

        Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
    }
}
