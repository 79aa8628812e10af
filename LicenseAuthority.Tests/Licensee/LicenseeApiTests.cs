using System.Net;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>What licensed software, and verifiers that know only JOSE, can fetch.</summary>
[OnEveryDatabase]
internal sealed class LicenseeApiTests
{
    [Test]
    public async Task Keys_ForAJoseLibrary_VerifyACode()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using var response = await app.Client.GetAsync("/.well-known/jwks.json");

        // Nothing but the published key set and RFC 7515, as a foreign library would do it.
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var set = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var parts = reply.License!.Split('.');
        using var header = JsonDocument.Parse(Decode(parts[0]));
        var kid = header.RootElement.GetProperty("kid").GetString();
        var key = set.RootElement.GetProperty("keys").EnumerateArray().Single(candidate => candidate.GetProperty("kid").GetString() == kid);
        Assert.That(Ed25519PublicKey.TryCreate(Decode(key.GetProperty("x").GetString()!), out var publicKey), Is.True);
        Assert.That(publicKey!.Verify(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Decode(parts[2])), Is.True);
    }

    [Test]
    public async Task Keys_Published_AreTheCertificatesAndPublicOnly()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using var set = JsonDocument.Parse(await app.Client.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative)));

        var key = set.RootElement.GetProperty("keys").EnumerateArray().Single();
        using var header = JsonDocument.Parse(Decode(reply.License!.Split('.')[0]));
        Assert.That(KeyCertificate.TryParse(Decode(header.RootElement.GetProperty("cert").GetString()!), out var certificate), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(key.GetProperty("x").GetString(), Is.EqualTo(StrictBase64Url.Encode(certificate!.PublicKeyBytes)));
            Assert.That(key.GetProperty("kid").GetString(), Is.EqualTo(certificate.KeyId));
            Assert.That(key.GetProperty("kty").GetString(), Is.EqualTo("OKP"));
            Assert.That(key.GetProperty("crv").GetString(), Is.EqualTo("Ed25519"));
            Assert.That(key.GetProperty("use").GetString(), Is.EqualTo("sig"));
            Assert.That(key.GetProperty("alg").GetString(), Is.EqualTo("EdDSA"));
            Assert.That(key.EnumerateObject().Select(member => member.Name), Does.Not.Contain("d"), "the private key");
        }
    }

    private static byte[] Decode(string text)
    {
        Assert.That(StrictBase64Url.TryDecode(text, out var bytes), Is.True);
        return bytes;
    }
}
