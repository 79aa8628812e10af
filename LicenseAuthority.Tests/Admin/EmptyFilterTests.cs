using System.Net;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>A parameter without a value, as from a script whose variable is empty, was ignored: all licenses were the answer to the question for one code.</summary>
[OnEveryDatabase]
internal sealed class EmptyFilterTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("licenses", "state product account customer orderId test expiresBefore expiresAfter codeInvalid marketplaceCode limit cursor")]
    [TestCase("licenses/lic_1/events", "limit cursor")]
    [TestCase("licenses/lic_1/activations", "limit cursor")]
    [TestCase("conflicts", "kind status test limit cursor")]
    [TestCase("marketplace/calls", "account direction activity resultCode orderId instanceId from to limit cursor")]
    [TestCase("marketplace/pending", "limit cursor")]
    [TestCase("marketplace/drift", "limit cursor")]
    [TestCase("marketplace/accounts", "limit cursor")]
    [TestCase("marketplace/watch", "month")]
    [TestCase("marketplace/watch/months", "limit cursor")]
    [TestCase("webhooks", "limit cursor")]
    public async Task List_ParameterWithoutAValue_400ThatNamesIt(string list, string parameters)
    {
        foreach (var parameter in parameters.Split(' '))
        {
            foreach (var query in new[] { parameter + "=", parameter })
            {
                var reply = await _app.Admin.GetAsync($"{list}?{query}");

                Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.BadRequest, "bad-query")), query);
                Assert.That(reply.Detail, Does.Contain($"The parameter {parameter} is empty."));
            }
        }
    }

    [Test]
    public async Task Deliveries_StatusWithoutAValue_400ThatNamesIt()
    {
        using var body = new StringContent("""{"url":"https://hooks.example/licenses","events":["license.issued"]}""", System.Text.Encoding.UTF8, "application/json");
        var id = (await _app.Admin.PostAsync("webhooks", body)).Json.GetProperty("id").GetString();

        var reply = await _app.Admin.GetAsync($"webhooks/{id}/deliveries?status=");

        Assert.That(reply.Code, Is.EqualTo("bad-query"));
        Assert.That(reply.Detail, Does.Contain("status"));
    }
}
