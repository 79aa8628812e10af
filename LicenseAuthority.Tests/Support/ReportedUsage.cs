using System.Net;
using System.Net.Http.Headers;
using System.Text;
using LicenseAuthority.Marketplaces.Usage;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>Licensed software tells of its use, and the marketplace is told when a test says so.</summary>
internal static class ReportedUsage
{
    extension(LicenseAuthorityApplication app)
    {
        /// <summary>Writes the reports of the days that are over, and deletes what is too old.</summary>
        public Task ReportUsageAsync() => app.Services.GetRequiredService<UsageReporter>().ReportAsync(CancellationToken.None);

        /// <summary>Tells something with a code, as it stands; the problem's code, or null.</summary>
        public async Task<(HttpStatusCode Status, string? Code)> TellUsageAsync(string? code, string body, string contentType = "application/json")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/usage") { Content = new StringContent(body, Encoding.UTF8, contentType) };
            if (code is not null)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", code);
            }

            using var response = await app.Client.SendAsync(request);
            return (response.StatusCode, response.IsSuccessStatusCode ? null : (await AdminReply.ReadAsync(response)).Code);
        }

        /// <summary>Tells it, which must be accepted.</summary>
        public async Task UseAsync(string code, params string[] bodies)
        {
            foreach (var body in bodies)
            {
                Assert.That((await app.TellUsageAsync(code, body)).Status, Is.EqualTo(HttpStatusCode.Accepted), body);
            }
        }
    }
}
