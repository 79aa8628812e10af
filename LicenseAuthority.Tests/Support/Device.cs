using System.Net.Http.Headers;
using System.Net.Http.Json;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>A machine with licensed software, as it calls the licensee door.</summary>
internal sealed class Device(LicenseAuthorityApplication app, params string[] fingerprints)
{
    public const string Product = "demo-product";

    public string[] Fingerprints { get; } = fingerprints;

    /// <summary>Asks for a place by a code.</summary>
    public Task<AdminReply> ActivateAsync(
        string code, string? name = null, long? lease = null, bool? offline = null, int? match = null, string product = Product) => PostAsync(app, JsonContent.Create(new
        {
            code,
            product,
            device = new { fingerprint = Fingerprints, match, name },
            lease,
            offline,
        }));

    /// <summary>Asks for a place, which it must get; returns the activation's id and the device's code.</summary>
    public async Task<(string Id, string Code)> PlacedAsync(string code, long? lease = null, bool? offline = null, int? match = null)
    {
        var reply = await ActivateAsync(code, lease: lease, offline: offline, match: match);
        Assert.That((int)reply.Status, Is.EqualTo(200), reply.ToString());
        return (reply.Json.GetProperty("id").GetString()!, reply.Json.GetProperty("code").GetString()!);
    }

    /// <summary>What the software says of a code here, now.</summary>
    public LicenseCheck Check(string? code)
    {
        var options = new LicenseVerifierOptions { TimeProvider = app.Time };
        return new LicenseVerifier(LicenseAuthorityApplication.RootLines, Product, options).Check(code, Fingerprints);
    }

    /// <summary>An activation with any body at all.</summary>
    public static async Task<AdminReply> PostAsync(LicenseAuthorityApplication app, HttpContent content)
    {
        using var response = await app.Client.PostAsync(new Uri("/licensee/v1/activations", UriKind.Relative), content);
        return await AdminReply.ReadAsync(response);
    }

    /// <summary>Gives up a place by a code.</summary>
    public static async Task<FreeReply> FreeAsync(LicenseAuthorityApplication app, string id, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/licensee/v1/activations/" + id);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", code);
        using var response = await app.Client.SendAsync(request);
        var problem = response.IsSuccessStatusCode ? null : (await AdminReply.ReadAsync(response)).Code;
        return new FreeReply((int)response.StatusCode, problem, response.Headers.RetryAfter?.Delta);
    }

    /// <summary>An operator gives up a place.</summary>
    public static async Task<int> FreeAsOperatorAsync(LicenseAuthorityApplication app, string licenseId, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/admin/v1/licenses/{licenseId}/activations/{id}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LicenseAuthorityApplication.AdminKey);
        using var response = await app.Client.SendAsync(request);
        return (int)response.StatusCode;
    }
}

/// <summary>The answer to giving up a place: the status, the code of a problem, and Retry-After.</summary>
internal sealed record FreeReply(int Status, string? Code, TimeSpan? RetryAfter)
{
    public (int Status, string? Code) Problem => (Status, Code);
}
