using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>A service below a path of a host that others share, as docs/configuration.md says: the proxy before it takes the path away.</summary>
internal sealed class PublicUrlPathTests
{
    [Test]
    public async Task PublicUrlWithAPath_BehindAProxyThatTakesItAway_ServesOrdersAndRefreshes()
    {
        var forward = new Uri("http://127.0.0.1");
        using var http = new HttpClient();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var proxy = builder.Build();
        proxy.MapMethods("/licenses/{**path}", ["GET", "POST"], async (HttpRequest request, HttpResponse response, string? path) =>
        {
            using var forwarded = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(forward, $"/{path}{request.QueryString}"));
            if (AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var authorization))
            {
                forwarded.Headers.Authorization = authorization;
            }

            using var answer = await http.SendAsync(forwarded);
            response.StatusCode = (int)answer.StatusCode;
            foreach (var header in answer.Headers.Where(header => header.Key == "Body-Sign"))
            {
                response.Headers[header.Key] = header.Value.ToArray();
            }

            await response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
        });
        await proxy.StartAsync();
        var publicUrl = $"{proxy.Urls.Single()}/licenses";
        await using var app = await LicenseAuthorityApplication.StartAsync([$"PublicUrl={publicUrl}/"]);
        forward = app.Client.BaseAddress!;

        // The marketplace is told an address below the path as well.
        using var outside = new HttpClient { BaseAddress = new Uri(publicUrl + "/") };
        var sold = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        var license = app.Check(sold.License).License!;

        // What licensed software does: it asks the issuer that stands in its code.
        Assert.That(license.Issuer, Is.EqualTo(publicUrl));
        using var request = new HttpRequestMessage(HttpMethod.Post, license.Issuer + "/licensee/v1/refresh");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", sold.License);
        using var refreshed = await outside.SendAsync(request);
        var body = await refreshed.Content.ReadFromJsonAsync<JsonElement>();
        using var keys = await outside.GetAsync(new Uri(".well-known/jwks.json", UriKind.Relative));
        using var page = await outside.GetAsync(new Uri("health/ready", UriKind.Relative));

        // A program that was given the address of the start page goes on from what that says.
        using var start = await outside.GetAsync(new Uri("", UriKind.Relative));
        var ready = (await start.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("health").GetProperty("ready").GetString()!;
        using var linked = await outside.GetAsync(new Uri(new Uri(publicUrl), ready));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(ready, Is.EqualTo("/licenses/health/ready"));
            Assert.That(linked.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(refreshed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(body.GetProperty("code").GetString(), Is.EqualTo(sold.License));
            Assert.That(keys.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    // What a rule of the proxy closes, such as /admin, must not be open under a second path.
    [Test]
    public async Task PublicUrlWithAPath_TheServiceItself_AnswersWithoutItOnly()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["PublicUrl=https://example.com/licenses"]);

        using var admin = await app.AdminAsync("/licenses/admin/v1/licenses");

        Assert.That(admin.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(app.Check((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).License).Outcome, Is.EqualTo(LicenseOutcome.Valid));
    }
}
