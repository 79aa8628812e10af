using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;

/// <summary>Fetches the newest code of a license: after a renewal the authority has a better one.</summary>
internal static class CodeRefresh
{
    // A status list that does not compress at all fits.
    private const int LongestAnswer = 1024 * 1024;

    /// <summary>
    /// Asks the authority that issued the code. Returns the newest code, the state of the license there (Active, Frozen, Released, Revoked) and a status list. The
    /// code is null when the license is over, the list when it is not newer than the one at hand. All are null when there is no answer, and the remark says why:
    /// "could not reach" says nothing about the license, go on with the code at hand.
    /// </summary>
    public static async Task<(string? Code, string? State, string? StatusList, string Remark)> FetchAsync(LicenseCode license, long? heldSequence)
    {
        // A code is a credential, and goes as it was issued, however the file is wrapped. It goes to its own issuer only, encrypted, and nowhere else by a redirect.
        if (!Uri.TryCreate(license.Issuer + "/licensee/v1/refresh", UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            return (null, null, null, $"{license.Issuer} is neither https nor on this machine");
        }

        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = LongestAnswer };
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", license.GetText());
        if (heldSequence is { } sequence)
        {
            request.Content = new StringContent($"{{\"seq\":{sequence}}}", Encoding.UTF8, "application/json");
        }

        try
        {
            using var response = await http.SendAsync(request);
            if (!response.IsSuccessStatusCode)
            {
                return (null, null, null, $"the authority answered {(int)response.StatusCode}{await ReadProblemAsync(response)}");
            }

            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
            var code = answer.RootElement.GetProperty("code").GetString();
            var list = answer.RootElement.TryGetProperty("statusList", out var token) ? token.GetString() : null;

            // There is no code only where there is no license any more.
            return answer.RootElement.GetProperty("state").GetString() is { } state && (code is not null || state is "Released" or "Revoked")
                ? (code, state, list, $"the license is {state}")
                : (null, null, null, "the authority's answer says nothing");
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or JsonException
            or InvalidOperationException or KeyNotFoundException or IOException)
        {
            return (null, null, null, $"the authority could not be reached: {exception.Message}");
        }
    }

    // The code of the problem, such as "restored" or "device-freed" (docs/client.md), where the answer is one of the authority and not of something on the way.
    private static async Task<string> ReadProblemAsync(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return "";
        }

        using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        var code = problem.RootElement.GetProperty("code").GetString() ?? "";
        return code.Length is > 0 and <= 40 && code.All(static letter => char.IsAsciiLetterLower(letter) || letter == '-') ? $" ({code})" : "";
    }
}
