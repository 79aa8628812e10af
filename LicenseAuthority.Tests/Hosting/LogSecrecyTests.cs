using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>Logs are kept, copied and read by many: no secret and no customer may stand in them.</summary>
[OnEveryDatabase]
internal sealed class LogSecrecyTests
{
    // The second is what somebody sets who looks for a fault.
    [TestCase("Logging:LogLevel:LicenseAuthority=Trace")]
    [TestCase("Logging:LogLevel:LicenseAuthority=Trace", "Logging:LogLevel:Default=Trace", "Logging:LogLevel:Microsoft.AspNetCore=Trace")]
    public async Task Logs_OfEverythingThatHappens_HoldNoSecret(params string[] logging)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync([.. logging, .. SecretRun.Settings], keys: KeyFiles.Production);

        var run = await SecretRun.PlayAsync(app);

        Assert.That(app.Logs.Lines, Has.Some.Property("Level").EqualTo(LogLevel.Error).And.Property("Exception").Not.Null, "the fault is logged");
        run.AssertAbsent(app.Logs);
    }
}
