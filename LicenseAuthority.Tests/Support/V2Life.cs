using System.Text;
using LicenseAuthority.Licensing.MarketplaceCodes;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// What can happen to an authority by calls of V2, so that none of the tables that came with them is empty, and what can be asked about that afterwards. Nobody
/// answers at the open API: one order stays pending, and one upload waits.
/// </summary>
internal sealed class V2Life
{
    /// <summary>The tables that came with V2 and with authorisation codes.</summary>
    public static readonly IReadOnlyList<string> Tables =
    [
        "nonces", "pending_orders", "requested_codes", "marketplace_calls", "access_key_uses", "open_api_uses", "handles", "marketplace_codes", "kept_calls",
        "code_activations",
    ];

    private const string SoldCodeText = "PLIFE0123456789";

    /// <summary>What the application needs; nothing is sent by itself.</summary>
    public static readonly string[] Settings =
    [
        "Marketplace:OpenApi:Hosts:0=http://127.0.0.1:1", "Marketplace:OpenApi:AccessKeyId=AK", "Marketplace:OpenApi:SecretAccessKey=SK", "Outbox:Enabled=false",
        "Expiry:Enabled=false",
    ];

    private readonly V2Call _newInstance;
    private readonly V2Call _license;
    private readonly byte[] _refresh;
    private readonly string _licenseId;
    private readonly string _nonce = V2Caller.NewNonce();

    private V2Life(SoldLicense license, DateTimeOffset now)
    {
        _licenseId = license.Id;
        var order = SoldLicense.NewOrderId();
        _newInstance = V2Call.Of("newInstance", ("businessId", "b"), ("orderId", order), ("orderLineId", order + "-1"));
        _license = V2Call.License(license.Id, "event-1", "a device", now, now.AddDays(1));
        _refresh = V2Call.Refresh(license.Id, now.AddDays(100)).Body;
    }

    public static async Task<V2Life> LiveAsync(LicenseAuthorityApplication app)
    {
        var life = new V2Life(await SoldLicense.BuyAsync(app), app.Time.GetUtcNow());
        Assert.That((await app.MarketplaceV2.SendAsync(life._newInstance)).ResultCode, Is.EqualTo("000004"));
        Assert.That((await app.MarketplaceV2.SendAsync(life._license)).ResultCode, Is.EqualTo("000004"));
        Assert.That((await app.MarketplaceV2.SendAsync(life._refresh, life._nonce)).ResultCode, Is.EqualTo("000000"));
        await new SoldCode(app, SoldCodeText).IssueAsync(app.Time.GetUtcNow().AddDays(100));
        var bought = new SoldCode(app, SoldCodeText + "KEPT");
        await bought.SendAsync(bought.Refresh(app.Time.GetUtcNow().AddDays(200)));
        await BeginActivationAsync(app, SoldCodeText + "BEGUN");
        await app.WriteCallsAsync();
        return life;
    }

    /// <summary>What the marketplace and an operator are told about it now, as text.</summary>
    public async Task<List<string>> AnswersAsync(LicenseAuthorityApplication app)
    {
        // The same nonce: the stored answer. The same event and device: the code that was made, whose upload waits. The same order: its instance.
        List<string> answers = [];
        answers.Add(Encoding.UTF8.GetString((await app.MarketplaceV2.SendAsync(_refresh, _nonce)).Body));
        answers.Add(Encoding.UTF8.GetString((await app.MarketplaceV2.SendAsync(_license)).Body));
        answers.Add(Encoding.UTF8.GetString((await app.MarketplaceV2.SendAsync(_newInstance)).Body));
        answers.Add((await app.Admin.ShowAsync(_licenseId)).GetRawText());
        answers.AddRange((await app.Admin.ListAsync("licenses?marketplaceCode=" + SoldCodeText)).Select(item => item.GetRawText()));
        answers.Add((await new Device(app, "a device").PlacedAsync(SoldCodeText)).Code);
        answers.AddRange((await app.Admin.ListAsync("marketplace/pending")).Select(item => $"pending {item.GetProperty("instanceId")} {item.GetProperty("orderId")}"));
        answers.AddRange((await app.Admin.ListAsync("marketplace/accounts")).Select(item => item.GetRawText()));
        return answers;
    }

    // As it is when the marketplace's answer was lost.
    private static async Task BeginActivationAsync(LicenseAuthorityApplication app, string text)
    {
        var store = app.Services.GetRequiredService<IMarketplaceCodeStore>();
        var (code, now) = (MarketplaceCode.Read(text)!, app.Time.GetUtcNow());
        await store.ClaimAsync("default", code, now, now.AddSeconds(30), CancellationToken.None);
        await store.LeaveAsync("default", code, new BoughtWithCode("CS1", "OFFI1", 2, now, EndKnownBy.Activation, "customer", "Name"), CancellationToken.None);
    }
}
