using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplace.V1;

/// <summary>An order comes in over HTTP, a signed license code goes out.</summary>
internal sealed class GetLicenseTests
{
    [Test]
    public async Task GetLicense_NewOrder_ReturnsCodeThatSaysWhatWasOrdered()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
        var check = app.Check(reply.License);
        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(check.License!.Issuer, Is.EqualTo(LicenseAuthorityApplication.PublicUrl));
        Assert.That(check.License.LicenseId, Is.EqualTo(reply.InstanceId));
        Assert.That(SHA256.HashData(Encoding.ASCII.GetBytes(reply.License!)), Is.EqualTo(app.Query("SELECT sha256 FROM codes").Single()));
    }
}
