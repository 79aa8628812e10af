using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>Who opens the bare address met a 404, and could not tell whether this was the right one.</summary>
internal sealed class StartPageTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [OneTimeTearDown]
    public ValueTask Stop() => _app.DisposeAsync();

    [TestCase("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]
    [TestCase("text/html;q=0.9, application/json;q=0.1")]
    public async Task Get_Browser_ShowsAPage(string accept)
    {
        using var response = await GetAsync(HttpMethod.Get, accept);
        var page = await response.Content.ReadAsStringAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html; charset=utf-8"));
            Assert.That(response.Headers.Vary, Does.Contain("Accept"));
            Assert.That(page, Does.Contain($"<h1>LicenseAuthority {AuthorityVersion.Text}</h1>").And.Contain("marketplace/koogallery").And.Contain("href=\"health/ready\"").And.Contain("href=\"licensee/activate\""));
        }
    }

    [TestCase("*/*")]
    [TestCase("application/json")]
    [TestCase("application/json, text/html;q=0.5")]
    [TestCase(null)]
    public async Task Get_Program_GetsJson(string? accept)
    {
        using var response = await GetAsync(HttpMethod.Get, accept);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(body.GetProperty("name").GetString(), Is.EqualTo("LicenseAuthority"));
            Assert.That(body.GetProperty("version").GetString(), Is.EqualTo(AuthorityVersion.Text));
        }

        // What it names is there.
        foreach (var check in body.GetProperty("health").EnumerateObject())
        {
            using var health = await _app.Client.GetAsync(new Uri(check.Value.GetString()!, UriKind.Relative));
            Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.OK), check.Name);
        }

        foreach (var door in body.GetProperty("doors").EnumerateObject())
        {
            using var answer = await _app.Client.GetAsync(new Uri(door.Value.GetString() + (door.Name == "admin" ? "/licenses" : ""), UriKind.Relative));
            Assert.That(answer.StatusCode, Is.Not.EqualTo(HttpStatusCode.NotFound), door.Name);
        }
    }

    [Test]
    public async Task Head_IsAnswered()
    {
        using var response = await GetAsync(HttpMethod.Head, null);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
    }

    private async Task<HttpResponseMessage> GetAsync(HttpMethod method, string? accept)
    {
        using var request = new HttpRequestMessage(method, "/");
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await _app.Client.SendAsync(request);
    }
}
