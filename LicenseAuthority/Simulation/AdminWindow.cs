using System.Net.Http.Headers;
using System.Text.Json;

namespace LicenseAuthority.Simulation;

/// <summary>Looks at a license through the admin door: what calls did to it. Thread-safe.</summary>
/// <param name="http">Follows no redirects.</param>
/// <param name="address">The service's base address, with a slash at its end.</param>
/// <param name="key">An admin API key.</param>
internal sealed class AdminWindow(HttpClient http, Uri address, string key)
{
    /// <summary>A license's state and end, such as <c>Active, to 2027-01-31T00:00:00Z</c>; or what stands in the way of seeing them.</summary>
    public async Task<string> DescribeAsync(string licenseId)
    {
        try
        {
            using var response = await GetAsync($"admin/v1/licenses/{licenseId}");
            if (!response.IsSuccessStatusCode)
            {
                return $"HTTP {(int)response.StatusCode}";
            }

            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
            if (!json.RootElement.TryGetProperty("expiresAt", out var endsAt) || !json.RootElement.TryGetProperty("state", out _))
            {
                return "no license";
            }

            return Describe(json.RootElement.GetProperty("state").GetString()!, endsAt.ValueKind == JsonValueKind.Null ? null : endsAt.GetDateTimeOffset());
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or OperationCanceledException)
        {
            return exception.Message;
        }
    }

    /// <summary>What a key is worth here: the HTTP status of a look at the list, 200 where it opens the door.</summary>
    /// <exception cref="HttpRequestException">Nobody answers.</exception>
    public async Task<int> KnockAsync()
    {
        using var response = await GetAsync("admin/v1/licenses?limit=1");
        return (int)response.StatusCode;
    }

    /// <summary>The same words for what must be.</summary>
    public static string Describe(string state, DateTimeOffset? expiresAt) => expiresAt is { } end ? $"{state}, to {Rfc3339.Seconds(end)}" : $"{state}, for ever";

    private async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await http.SendAsync(request);
    }
}
