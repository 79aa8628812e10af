using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Marketplaces.KooGallery.V2;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>A nonce counts once: the same bytes again get the answer of the first time, other bytes are no call.</summary>
[OnEveryDatabase]
internal sealed class V2NonceTests
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(3);

    [Test]
    public async Task Nonce_WithTheSameBytes_SameAnswerAndNoSecondEffect([Values] bool restarted)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        var body = V2Call.Status(license.Id, "FREEZE").Body;
        var query = app.MarketplaceV2.SignedQuery(body);
        var first = await app.MarketplaceV2.SendRawAsync(query, body);
        await app.MarketplaceV2.SendAsync(V2Call.Status(license.Id, "UNFREEZE"));
        var rows = app.CountRows();
        if (restarted)
        {
            await app.RestartAsync();
        }

        var again = await app.MarketplaceV2.SendRawAsync(query, body);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.ResultCode, Is.EqualTo("000000"), first.ResultMessage);
            Assert.That(again.Body, Is.EqualTo(first.Body));
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "frozen once, and not after that was lifted");
            Assert.That(app.CountRows(), Is.EqualTo(rows));
        }
    }

    // The refusal of a renewal that was paid for is an effect: it is kept for an operator, once.
    [Test]
    public async Task Nonce_OfAnUnservedOrder_SameAnswerAfterARestart()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        await app.MarketplaceV2.SendAsync(V2Call.Release(license.Id));
        var body = V2Call.Refresh(license.Id, app.Time.GetUtcNow() + TimeSpan.FromDays(100)).Body;
        var query = app.MarketplaceV2.SignedQuery(body);
        var first = await app.MarketplaceV2.SendRawAsync(query, body);
        await app.RestartAsync();
        var rows = app.CountRows();

        var again = await app.MarketplaceV2.SendRawAsync(query, body);

        Assert.That(first.ResultCode, Is.EqualTo("000003"));
        Assert.That(again.Body, Is.EqualTo(first.Body));
        Assert.That(app.CountRows(), Is.EqualTo(rows));
    }

    [Test]
    public async Task Nonce_WithAnotherBody_000001([Values] bool restarted, [Values] bool withEffect)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        var nonce = V2Caller.NewNonce();
        var first = (withEffect ? V2Call.Status(license.Id, "FREEZE") : V2Call.Query(license.Id)).Body;
        Assert.That((await app.MarketplaceV2.SendAsync(first, nonce)).ResultCode, Is.EqualTo("000000"));
        if (restarted && withEffect)
        {
            await app.RestartAsync();
        }

        var other = await app.MarketplaceV2.SendAsync(V2Call.Release(license.Id).Body, nonce);
        var again = await app.MarketplaceV2.SendAsync(first, nonce);

        Assert.That(other.ResultCode, Is.EqualTo("000001"), other.ResultMessage);
        Assert.That(other.ResultMessage, Does.Contain("nonce"));
        Assert.That(again.ResultCode, Is.EqualTo("000000"), "the first body is still the one");
        Assert.That(await license.StateAsync(), Is.Not.EqualTo("Released"));
    }

    [Test]
    public async Task Nonce_OfACallWithoutEffect_IsAnsweredAgainThoughTheAnswerWouldDiffer()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        var body = V2Call.Query(license.Id, "none").Body;
        var query = app.MarketplaceV2.SignedQuery(body);
        var first = await app.MarketplaceV2.SendRawAsync(query, body);

        Assert.That((await app.MarketplaceV2.SendRawAsync(query, body)).Body, Is.EqualTo(first.Body));
        Assert.That(app.Query("SELECT count(*) FROM nonces"), Is.EqualTo([0L]), "it is not worth a row");
    }

    [Test]
    public async Task Nonce_OfACallThatWasOurFault_IsLeftForTheRepeat()
    {
        var signer = new SometimesFailing();
        await using var app = await LicenseAuthorityApplication.StartAsync(configure: signer.Wrap);
        var license = await SoldLicense.BuyAsync(app);
        var body = V2Call.Refresh(license.Id, app.Time.GetUtcNow() + TimeSpan.FromDays(100)).Body;
        var query = app.MarketplaceV2.SignedQuery(body);
        signer.Fails = true;
        var first = await app.MarketplaceV2.SendRawAsync(query, body);
        signer.Fails = false;

        var second = await app.MarketplaceV2.SendRawAsync(query, body);

        Assert.That(first.ResultCode, Is.EqualTo("000005"));
        Assert.That(second.ResultCode, Is.EqualTo("000000"), second.ResultMessage);
    }

    [Test]
    public async Task Nonce_ManyTimesAtOnce_OneEffect()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        var body = V2Call.Refresh(license.Id, app.Time.GetUtcNow() + TimeSpan.FromDays(100)).Body;
        var query = app.MarketplaceV2.SignedQuery(body);

        var replies = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => app.MarketplaceV2.SendRawAsync(query, body)));

        Assert.That(replies.Select(reply => reply.ResultCode), Is.All.EqualTo("000000"));
        Assert.That((await license.EventWordsAsync()).Count(word => word == "license.renewed marketplace"), Is.EqualTo(1));
        Assert.That(app.Query("SELECT count(*) FROM nonces"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Nonce_InTwoAccounts_AreTwo()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Marketplace:Accounts:shop:AccessKeys:0=a-key-of-shop"]);
        var license = await SoldLicense.BuyAsync(app);
        var nonce = V2Caller.NewNonce();

        Assert.That((await app.MarketplaceV2.SendAsync(V2Call.Status(license.Id, "FREEZE").Body, nonce)).ResultCode, Is.EqualTo("000000"));
        var reply = await app.V2CallerWith("a-key-of-shop", "shop").SendAsync(V2Call.Status(license.Id, "UNFREEZE").Body, nonce);

        Assert.That(reply.ResultCode, Is.EqualTo("000003"), "its own nonce, and another account's instance");
    }

    [Test]
    public async Task Sweep_DeletesWhatIsOldAndNothingElse()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        await app.MarketplaceV2.SendAsync(V2Call.Status(license.Id, "FREEZE"));
        var sweeper = app.Services.GetRequiredService<NonceSweeper>();
        app.Time.Advance(Kept);
        await app.MarketplaceV2.SendAsync(V2Call.Status(license.Id, "UNFREEZE"));

        await sweeper.SweepAsync(CancellationToken.None);
        Assert.That(app.Query("SELECT count(*) FROM nonces"), Is.EqualTo([2L]), "three minutes are kept");

        app.Time.Advance(TimeSpan.FromSeconds(1));
        await sweeper.SweepAsync(CancellationToken.None);
        Assert.That(app.Query("SELECT count(*) FROM nonces"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task Call_SentAgainAfterTheWindow_000001()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        var body = V2Call.Status(license.Id, "FREEZE").Body;
        var query = app.MarketplaceV2.SignedQuery(body);
        await app.MarketplaceV2.SendRawAsync(query, body);
        app.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.That((await app.MarketplaceV2.SendRawAsync(query, body)).ResultCode, Is.EqualTo("000001"));
    }

    private sealed class SometimesFailing : ILicenseSigner
    {
        private ILicenseSigner _inner = null!;

        public bool Fails { get; set; }

        public void Wrap(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder)
        {
            var inner = builder.Services.Last(service => service.ServiceType == typeof(ILicenseSigner));
            builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(provider =>
            {
                _inner = (ILicenseSigner)(inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!));
                return this;
            }));
        }

        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) =>
            Fails ? throw new InvalidOperationException("the signer fails") : _inner.SignAsync(license, device, cancellationToken);
    }
}
