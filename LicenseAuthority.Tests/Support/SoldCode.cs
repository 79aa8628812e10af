using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>A code that the marketplace has handed out, and its calls about it.</summary>
internal sealed class SoldCode(LicenseAuthorityApplication app, string text, bool test = false)
{
    private static int _codes;

    public string Text { get; } = text;

    /// <summary>A code that no other test has.</summary>
    public static SoldCode New(LicenseAuthorityApplication app, bool test = false) => new(app, $"PLTEST{Interlocked.Increment(ref _codes):D10}", test);

    /// <summary>A renewal or what else the scene says: a new order each.</summary>
    public V2Call Refresh(DateTimeOffset expiresAt, string scene = "RENEWAL", string? orderId = null)
    {
        orderId ??= SoldLicense.NewOrderId();
        return Say(V2Call.Of(
            "refreshLicenseCode", ("scene", scene), ("orderId", orderId), ("orderLineId", orderId + "-000001"), ("license", Text),
            ("expireTime", InstanceCall.Text(expiresAt))));
    }

    /// <summary>FREEZE or UNFREEZE.</summary>
    public V2Call Status(string status) => Say(V2Call.Of("updateLicenseCodeStatus", ("license", Text), ("status", status)));

    /// <summary>Released, without a refund.</summary>
    public V2Call Release() => Say(V2Call.Of("releaseLicenseCode", ("license", Text)));

    /// <summary>Makes calls one after the other, which must all succeed.</summary>
    public async Task SendAsync(params V2Call[] calls)
    {
        foreach (var call in calls)
        {
            var reply = await app.MarketplaceV2.SendAsync(call);
            Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        }
    }

    /// <summary>Gives the code its license, as its activation does, without the marketplace; returns its id.</summary>
    public async Task<string> IssueAsync(DateTimeOffset? expiresAt = null, string? orderId = null, EndKnownBy endKnownBy = EndKnownBy.Activation,
        string marketplaceProductId = "OFFI000000000000000001")
    {
        var code = MarketplaceCode.Read(Text)!;
        orderId ??= SoldLicense.NewOrderId();
        var result = await app.Services.GetRequiredService<LicenseService>().IssueAsync(
            new IssueLicense(
                new OrderKey("default", test, orderId, code.OrderLine, marketplaceProductId), "a customer", null, 1, expiresAt,
                new CallSource(CallSource.Licensee, "activateLicenseCode", orderId), MarketplacePolicy.Calls)
            {
                MarketplaceCode = new CodeOfLicense(code, endKnownBy),
            },
            CancellationToken.None);
        return result.Record!.License.Id;
    }

    /// <summary>The words of all events of its license, the oldest first, each with its actor.</summary>
    public static async Task<List<string>> EventWordsAsync(LicenseAuthorityApplication app, string licenseId) =>
        (await app.Admin.ListAsync($"licenses/{licenseId}/events"))
            .ConvertAll(happened => $"{happened.GetProperty("type").GetString()} {happened.GetProperty("actor").GetString()}");

    private V2Call Say(V2Call call) => test ? call.With("testFlag", "1") : call;
}
