using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>
/// A run through everything that the service does, well and badly, with the secrets and names that came by: none of them may stand in what the service
/// writes about itself.
/// </summary>
internal sealed class SecretRun
{
    private const string AccessKey = "an-access-key-that-is-secret";
    private const string CustomerName = "Secretive Company";
    private const string ChineseName = "保密 有限公司+&";
    private const string Reason = "an operator's reason, which may name people";
    private const string MistypedAdminKey = "a wrong key that somebody mistyped";
    private const string UnknownCode = "eyJhbGciOiJFZERTQSJ9.a-code-that-we-did-not-issue.AAAA";

    private readonly LicenseAuthorityApplication _app;
    private readonly List<(string What, string Secret)> _secrets =
    [
        ("access key", AccessKey),
        ("customer name", CustomerName),
        ("customer name in Chinese", ChineseName),
        ("part of the customer name", "有限公司"),
        ("marketplace's customer id", "c0ffee00c0ffee00c0ffee00c0ffee00"),
        ("admin key", LicenseAuthorityApplication.AdminKey),
        ("mistyped admin key", MistypedAdminKey),
        ("passphrase", KeyFiles.ProductionPassphrase),
        ("operator's reason", Reason),
        ("code that we did not issue", UnknownCode),
    ];

    private SecretRun(LicenseAuthorityApplication app) => _app = app;

    /// <summary>The settings under which it is played, with the keys of production.</summary>
    public static IReadOnlyList<string> Settings { get; } =
    [
        "environment=Production",
        $"Marketplace:AccessKeys:0={AccessKey}",
        $"Keys:Passphrase={KeyFiles.ProductionPassphrase}",
        "Licensee:RefreshesPerMinute=2",
        .. LicenseAuthorityApplication.Product(0, "editor", "EDITOR", "IncludeCustomerName=true"),
    ];

    private MarketplaceCaller Caller => _app.CallerWith(AccessKey);

    /// <summary>Plays it. At the end the certificate of the issuing key is over, so that a call fails.</summary>
    public static async Task<SecretRun> PlayAsync(LicenseAuthorityApplication app)
    {
        var run = new SecretRun(app);
        await run.BuyAndRefuseAsync();
        await run.LiveAsync();
        await run.FailAsync();
        foreach (var (what, secret) in run._secrets.ToList())
        {
            run._secrets.Add(($"{what}, encoded", Uri.EscapeDataString(secret)));
        }

        return run;
    }

    /// <summary>None of the secrets is in the text.</summary>
    public void AssertAbsent(string where, string text)
    {
        foreach (var (what, secret) in _secrets)
        {
            Assert.That(text.Contains(secret, StringComparison.Ordinal), Is.False, $"{where}: {what}");
        }
    }

    /// <summary>None of the secrets was logged.</summary>
    public void AssertAbsent(RecordedLogs logs)
    {
        foreach (var line in logs.Lines)
        {
            AssertAbsent($"{line.Category}: {line.Message}", $"{line.Message} {line.Parameters} {line.Exception}");
        }
    }

    private static GetLicenseCall Order(string orderId) =>
        GetLicenseCall.For(orderId).With("productId", "EDITOR").With("customerName", CustomerName).With("timeStamp", InstanceCall.NewTimeStamp());

    private async Task BuyAndRefuseAsync()
    {
        var call = Order("CS1");
        await SendAsync(call, "000000");
        await SendAsync(call, "000000");
        await SendAsync(call.With("amount", "6"), "000000");
        await SendAsync(Order("CS2").With("customerName", ChineseName), "000000");
        await SendAsync(call.With("productId", "UNKNOWN"), "000002");
        await SendAsync(call.Without("timeStamp"), "000002");
        await SendAsync(call.AndAlso("amount", "7"), "000002");
        await SendAsync(call.With("activity", CustomerName), "000002");
        await _app.CallerWith("wrong").SendRawAsync(Caller.SignedQuery(call.Parameters) + "&more=1", AccessKey);
        await _app.CallerWith("wrong").SendRawAsync("customerName=%ZZ" + Uri.EscapeDataString(CustomerName), AccessKey);
    }

    private async Task LiveAsync()
    {
        var later = LicenseAuthorityApplication.Now + TimeSpan.FromDays(500);
        var renewed = await SendAsync(Order("CS3"), "000000");
        await SendAsync(InstanceCall.Refresh(renewed.InstanceId!, "CS3-R", later), "000000");
        await SendAsync(InstanceCall.Expire(renewed.InstanceId!, "CS3"), "000000");
        await SendAsync(InstanceCall.Release(renewed.InstanceId!, "CS3"), "000000");
        await SendAsync(InstanceCall.Refresh(renewed.InstanceId!, "CS3-R2", later + TimeSpan.FromDays(1)), "000003");
        await SendAsync(InstanceCall.Release("lic_unknown", "CS3"), "000003");

        var revoked = await SendAsync(Order("CS4"), "000000");
        foreach (var command in (string[])["freeze", "freeze", "unfreeze", "revoke", "release"])
        {
            await _app.Admin.PostAsync($"licenses/{revoked.InstanceId}/{command}", Reason);
        }

        foreach (var conflict in await _app.Admin.ListIdsAsync("conflicts"))
        {
            await _app.Admin.PostAsync($"conflicts/{conflict}/apply", Reason);
            await _app.Admin.PostAsync($"conflicts/{conflict}/dismiss", Reason);
        }

        await _app.Admin.GetAsync($"licenses?customer={Uri.EscapeDataString(CustomerName)}");
        await _app.Admin.ListAsync($"licenses/{revoked.InstanceId}/events");
        using var refused = await _app.AdminAsync($"/admin/v1/licenses/{revoked.InstanceId}", MistypedAdminKey);
        for (var i = 0; i < 3; i++)
        {
            await SoldLicense.FetchCodeAsync(_app, revoked.License!);
        }

        await SoldLicense.FetchCodeAsync(_app, UnknownCode);
        using var keys = await _app.Client.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));
        using var nowhere = await _app.Client.GetAsync(new Uri($"/nowhere?customerName={Uri.EscapeDataString(CustomerName)}", UriKind.Relative));
    }

    private async Task FailAsync()
    {
        await _app.RestartAsync();
        await Given.SettleDueAsync(_app);
        _app.Time.SetUtcNow(LicenseAuthorityApplication.Now.AddYears(6));
        await SendAsync(Order("CS5").With("expireTime", "20990101000000"), "000005");
    }

    private Task<MarketplaceReply> SendAsync(GetLicenseCall call, string resultCode) => SendAsync(call.Parameters, resultCode);

    private Task<MarketplaceReply> SendAsync(InstanceCall call, string resultCode) => SendAsync(call.Parameters, resultCode);

    private async Task<MarketplaceReply> SendAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, string resultCode)
    {
        _secrets.Add(("authToken", Caller.Token(parameters)));
        var reply = await Caller.SendRawAsync(Caller.SignedQuery(parameters));
        Assert.That(reply.ResultCode, Is.EqualTo(resultCode), reply.ResultMessage);
        if (reply.License is { } code)
        {
            _secrets.Add(("license code", code));
            _secrets.Add(("signature of a license code", code.Split('.')[2]));
        }

        return reply;
    }
}
