using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>Logs are kept, copied and read by many: no secret and no customer may stand in them.</summary>
internal sealed class LogSecrecyTests
{
    private const string AccessKey = "an-access-key-that-is-secret";
    private const string CustomerName = "Secretive Company";

    // The second is what somebody sets who looks for a fault.
    [TestCase("Logging:LogLevel:LicenseAuthority=Trace")]
    [TestCase("Logging:LogLevel:LicenseAuthority=Trace", "Logging:LogLevel:Default=Trace", "Logging:LogLevel:Microsoft.AspNetCore=Trace")]
    public async Task Logs_OfEverythingThatHappens_HoldNoSecret(params string[] logging)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            [
                .. logging,
                "environment=Production",
                $"Marketplace:AccessKeys:0={AccessKey}",
                $"Keys:Passphrase={KeyFiles.ProductionPassphrase}",
                .. LicenseAuthorityApplication.Product(0, "editor", "EDITOR", "IncludeCustomerName=true"),
            ],
            keys: KeyFiles.Production);
        var call = GetLicenseCall.For("CS1").With("productId", "EDITOR").With("customerName", CustomerName);
        var caller = app.CallerWith(AccessKey);
        var served = await caller.SendAsync(call);
        await caller.SendAsync(call);
        await caller.SendAsync(call.With("amount", "6"));
        await caller.SendAsync(call.With("productId", "UNKNOWN"));
        await caller.SendAsync(call.Without("timeStamp"));
        await app.CallerWith("wrong").SendRawAsync(caller.SignedQuery(call.Parameters) + "&more=1", AccessKey);
        using var admin = await app.AdminAsync($"/admin/v1/licenses/{served.InstanceId}");
        using var refused = await app.AdminAsync($"/admin/v1/licenses/{served.InstanceId}", "a wrong key that somebody mistyped");
        await app.RestartAsync();
        app.Time.SetUtcNow(LicenseAuthorityApplication.Now.AddYears(6));
        var fault = await app.CallerWith(AccessKey).SendAsync(call.With("orderId", "CS2").With("expireTime", "20990101000000"));

        Assert.That(served.ResultCode, Is.EqualTo("000000"));
        Assert.That(fault.ResultCode, Is.EqualTo("000005"));
        Assert.That(app.Logs.Lines, Has.Some.Property("Level").EqualTo(LogLevel.Error), "the fault is logged");
        var text = string.Join('\n', app.Logs.Lines.Select(line => $"{line.Category} {line.Message} {line.Parameters} {line.Exception}"));
        (string What, string Secret)[] secrets =
        [
            ("access key", AccessKey),
            ("authToken", caller.Token(call.Parameters)),
            ("authToken, encoded", Uri.EscapeDataString(caller.Token(call.Parameters))),
            ("license code", served.License!),
            ("signature of the license code", served.License!.Split('.')[2]),
            ("customer name", CustomerName),
            ("customer name, encoded", Uri.EscapeDataString(CustomerName)),
            ("marketplace's customer id", "c0ffee00c0ffee00c0ffee00c0ffee00"),
            ("admin key", LicenseAuthorityApplication.AdminKey),
            ("mistyped admin key", "a wrong key that somebody mistyped"),
            ("passphrase", KeyFiles.ProductionPassphrase),
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (var (what, secret) in secrets)
            {
                Assert.That(text.Contains(secret, StringComparison.Ordinal), Is.False, () => $"{what}: {app.Logs.Lines.First(line => $"{line.Message} {line.Parameters} {line.Exception}".Contains(secret, StringComparison.Ordinal))}");
            }
        }
    }
}
