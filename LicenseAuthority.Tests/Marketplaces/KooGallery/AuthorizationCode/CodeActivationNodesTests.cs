using System.Net;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Two nodes on one database, and a code that two devices show at the same time.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class CodeActivationNodesTests
{
    private OpenApiServer _openApi = null!;
    private LicenseAuthorityApplication _one = null!;
    private LicenseAuthorityApplication _other = null!;

    [SetUp]
    public async Task Start()
    {
        _openApi = await OpenApiServer.StartAsync();
        _one = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. _openApi.Settings]);
        _other = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. _openApi.Settings], beside: _one);
        _openApi.Follow(_one.Time);
    }

    [TearDown]
    public async Task Stop()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
        await _openApi.DisposeAsync();
    }

    // The marketplace gives its answer once: whoever loses the race must not make up what was bought.
    [Test]
    public async Task Activate_OnTwoNodesAtOnce_OneActivationOneLicenseAndBothDevicesCounted()
    {
        for (var round = 0; round < 4; round++)
        {
            var code = $"PLNODES{round:D6}";
            _openApi.AddCode(code, amount: 2).RefusesSecondWith = "92020009";

            var replies = await Task.WhenAll(
                Task.Run(() => new Device(_one, "a").ActivateAsync(code)), Task.Run(() => new Device(_other, "b").ActivateAsync(code)));
            var again = await Task.WhenAll(new Device(_other, "a").ActivateAsync(code), new Device(_one, "b").ActivateAsync(code));

            var license = (await _one.Admin.ListAsync("licenses?marketplaceCode=" + code)).Single();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Select(reply => reply.Status), Is.All.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That(replies.Select(reply => reply.Status), Has.Some.EqualTo(HttpStatusCode.OK));
                Assert.That(again.Select(reply => reply.Status), Is.All.EqualTo(HttpStatusCode.OK), "who is told to come again is served then");
                Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(2));
                Assert.That(await _one.Admin.ListAsync($"licenses/{license.GetProperty("id").GetString()}/activations"), Has.Count.EqualTo(2));
            }
        }

        Assert.That(_openApi.CodeCalls, Is.EqualTo(Enumerable.Repeat("activate", 4)));
        Assert.That(_one.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
    }
}
