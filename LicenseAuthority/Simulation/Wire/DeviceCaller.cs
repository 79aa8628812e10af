using System.Net.Http.Headers;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>Licensed software on the devices of buyers, as it calls the licensee door. Thread-safe.</summary>
/// <param name="http">Follows no redirects.</param>
/// <param name="address">The service's base address, with a slash at its end.</param>
internal sealed class DeviceCaller(HttpClient http, Uri address)
{
    /// <summary>Asks for a place for a device, and its license code.</summary>
    /// <param name="code">The marketplace's code, or a license code.</param>
    /// <param name="product">What the software is, as it is called in license codes.</param>
    /// <param name="device">The device's fingerprint.</param>
    public Task<DeviceReply> ActivateAsync(string code, string product, string device) =>
        PostAsync("licensee/v1/activations", new { code, product, device = new { fingerprint = new[] { device } } });

    /// <summary>Shows a device's license code, and gets the newest.</summary>
    public Task<DeviceReply> RefreshAsync(string code) => PostAsync("licensee/v1/refresh", body: null, code);

    private async Task<DeviceReply> PostAsync(string path, object? body, string? code = null)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path));
            request.Content = body is null ? null : JsonContent.Create(body);
            request.Headers.Authorization = code is null ? null : new AuthenticationHeaderValue("Bearer", code);
            using var response = await http.SendAsync(request);
            return DeviceReply.Read((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync());
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return new DeviceReply(0, exception.Message, Code: null);
        }
    }
}
