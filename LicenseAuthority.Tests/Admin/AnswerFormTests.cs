using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>How the answers of the admin door look to a person with a terminal, and to one behind a proxy.</summary>
internal sealed class AnswerFormTests
{
    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [OneTimeTearDown]
    public ValueTask Stop() => _app.DisposeAsync();

    // A name stood there as \u4E00\u53F7, and the prompt behind the last brace.
    [Test]
    public async Task License_NameInChinese_IsReadableAndEndsItsLine()
    {
        var sold = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("customerName", "R&D 一号店"));

        using var response = await _app.AdminAsync($"/admin/v1/licenses/{sold.InstanceId}");
        var text = await response.Content.ReadAsStringAsync();

        Assert.That(text, Does.Contain("\"name\":\"R&D 一号店\"").And.EndWith("}\n"));
        Assert.That(text.TrimEnd('\n'), Does.Not.Contain('\n'));
    }

    [Test]
    public async Task Problem_EndsItsLine()
    {
        using var response = await _app.AdminAsync("/admin/v1/licenses/lic_none");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.EndWith("}\n"));
    }

    // It began with /admin, which behind a proxy with a path is somebody else's.
    [TestCase("/admin/v1/webhooks")]
    [TestCase("/admin/v1/webhooks/")]
    public async Task Location_IsRelativeToWhatWasAskedFor(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("""{"url":"https://hooks.invalid/licenses","events":["license.revoked"]}""") };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LicenseAuthorityApplication.AdminKey);
        using var response = await _app.Client.SendAsync(request);
        var id = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("id").GetString();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            new Uri(new Uri("https://example.com/licenses" + path), response.Headers.Location!).AbsoluteUri,
            Is.EqualTo($"https://example.com/licenses/admin/v1/webhooks/{id}"));
    }

    [TestCase("GET", "/admin/v2/licenses", HttpStatusCode.NotFound, "GET / names the doors")]
    [TestCase("POST", "/admin/v1/licenses", HttpStatusCode.MethodNotAllowed, "Use GET")]
    [TestCase("DELETE", "/.well-known/jwks.json", HttpStatusCode.MethodNotAllowed, "Use GET")]
    public async Task Problem_OfPathOrMethod_SaysWhatToDo(string method, string path, HttpStatusCode status, string remedy)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LicenseAuthorityApplication.AdminKey);
        using var response = await _app.Client.SendAsync(request);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());

        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(problem.GetProperty("detail").GetString(), Does.Contain(remedy));
    }
}
