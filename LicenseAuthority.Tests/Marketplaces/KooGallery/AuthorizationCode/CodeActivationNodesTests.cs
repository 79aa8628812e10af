using System.Net;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Two nodes on one database, and a code that two devices show at the same time.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class CodeActivationNodesTests : TwoNodesTests
{
    // The marketplace gives its answer once: whoever loses the race must not make up what was bought.
    [Test]
    public async Task Activate_OnTwoNodesAtOnce_OneActivationOneLicenseAndBothDevicesCounted()
    {
        for (var round = 0; round < 4; round++)
        {
            var code = $"PLNODES{round:D6}";
            OpenApi.AddCode(code, amount: 2).RefusesSecondWith = "92020009";

            var replies = await Task.WhenAll(
                Task.Run(() => new Device(One, "a").ActivateAsync(code)), Task.Run(() => new Device(Other, "b").ActivateAsync(code)));
            var again = await Task.WhenAll(new Device(Other, "a").ActivateAsync(code), new Device(One, "b").ActivateAsync(code));

            var license = (await One.Admin.ListAsync("licenses?marketplaceCode=" + code)).Single();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(replies.Select(reply => reply.Status), Is.All.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That(replies.Select(reply => reply.Status), Has.Some.EqualTo(HttpStatusCode.OK));
                Assert.That(again.Select(reply => reply.Status), Is.All.EqualTo(HttpStatusCode.OK), "who is told to come again is served then");
                Assert.That(license.GetProperty("quantity").GetInt32(), Is.EqualTo(2));
                Assert.That(await One.Admin.ListAsync($"licenses/{license.GetProperty("id").GetString()}/activations"), Has.Count.EqualTo(2));
            }
        }

        Assert.That(OpenApi.CodeCalls, Is.EqualTo(Enumerable.Repeat("activate", 4)));
        Assert.That(One.Query("SELECT count(*) FROM code_activations"), Is.EqualTo([0L]));
    }
}
