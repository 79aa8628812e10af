using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace LicenseAuthority.Tests.Support;

/// <summary>A license that was bought over HTTP, as the marketplace and an operator handle it.</summary>
internal sealed class SoldLicense
{
    /// <summary>The term of a purchase unless told otherwise.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromDays(10);

    /// <summary>The grace of the product in tests, the longest one.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(15);

    private static int _orders;

    private readonly LicenseAuthorityApplication _app;

    private SoldLicense(LicenseAuthorityApplication app, GetLicenseCall purchase, string id, string code)
    {
        _app = app;
        Purchase = purchase;
        Id = id;
        FirstCode = code;
        OrderId = Parameter(purchase, "orderId")!;
        Test = Parameter(purchase, "testFlag") == "1";
    }

    public string Id { get; }

    public string OrderId { get; }

    public bool Test { get; }

    public string FirstCode { get; }

    public GetLicenseCall Purchase { get; }

    /// <summary>An order id that no other test has.</summary>
    public static string NewOrderId() => $"CS{Interlocked.Increment(ref _orders):D6}";

    /// <summary>Buys a license with so many places for devices.</summary>
    public static Task<SoldLicense> BuyPlacesAsync(LicenseAuthorityApplication app, int places) =>
        BuyAsync(app, purchase => purchase.With("amount", places.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The code that licensed software gets for one that it shows; it must get an answer. Null: the license is over.</summary>
    public static async Task<string?> RefreshedAsync(LicenseAuthorityApplication app, string code)
    {
        var reply = await FetchCodeAsync(app, code);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        return reply.Json.GetProperty("code").GetString();
    }

    /// <summary>Buys one for <see cref="Term"/> from now on, unless <paramref name="change"/> says otherwise.</summary>
    public static async Task<SoldLicense> BuyAsync(LicenseAuthorityApplication app, Func<GetLicenseCall, GetLicenseCall>? change = null)
    {
        var purchase = GetLicenseCall.For(NewOrderId()).With("expireTime", InstanceCall.Text(app.Time.GetUtcNow() + Term));
        purchase = change is null ? purchase : change(purchase);
        var reply = await app.Marketplace.SendAsync(purchase);
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        return new SoldLicense(app, purchase, reply.InstanceId!, reply.License!);
    }

    /// <summary>The same order again, in a request of its own.</summary>
    public Task<MarketplaceReply> BuyAgainAsync() =>
        _app.Marketplace.SendAsync(Purchase.With("businessId", Guid.NewGuid().ToString()).With("timeStamp", InstanceCall.NewTimeStamp()));

    public Task<MarketplaceReply> RefreshAsync(DateTimeOffset expiresAt, string? orderId = null) =>
        _app.Marketplace.SendAsync(Say(InstanceCall.Refresh(Id, orderId ?? NewOrderId(), expiresAt)));

    public Task<MarketplaceReply> ExpireAsync() => _app.Marketplace.SendAsync(Say(InstanceCall.Expire(Id, OrderId)));

    public Task<MarketplaceReply> ReleaseAsync() => _app.Marketplace.SendAsync(Say(InstanceCall.Release(Id, OrderId)));

    public Task<AdminReply> CommandAsync(string command, string reason = "the test says so") => _app.Admin.PostAsync($"licenses/{Id}/{command}", reason);

    public Task<JsonElement> ShowAsync() => _app.Admin.ShowAsync(Id);

    public async Task<string> StateAsync() => (await ShowAsync()).GetProperty("state").GetString()!;

    /// <summary>The newest code, as an operator sees it.</summary>
    public async Task<string> CodeAsync() => (await ShowAsync()).GetProperty("code").GetString()!;

    public Task<List<JsonElement>> EventsAsync() => _app.Admin.ListAsync($"licenses/{Id}/events");

    /// <summary>The words of all events, the oldest first, each with its actor: <c>license.frozen clock</c>.</summary>
    public async Task<List<string>> EventWordsAsync() =>
        (await EventsAsync()).ConvertAll(happened => $"{happened.GetProperty("type").GetString()} {happened.GetProperty("actor").GetString()}");

    /// <summary>The conflicts about this license, the newest first.</summary>
    public async Task<List<JsonElement>> ConflictsAsync(string status = "open") =>
        (await _app.Admin.ListAsync("conflicts?status=" + status)).FindAll(conflict => conflict.GetProperty("licenseId").GetString() == Id);

    /// <summary>What licensed software gets for a code.</summary>
    public static async Task<AdminReply> FetchCodeAsync(LicenseAuthorityApplication app, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", code);
        using var response = await app.Client.SendAsync(request);
        return await AdminReply.ReadAsync(response);
    }

    private static string? Parameter(GetLicenseCall call, string name) => call.Parameters.FirstOrDefault(parameter => parameter.Key == name).Value;

    private InstanceCall Say(InstanceCall call) => Test ? call.With("testFlag", "1") : call;
}
