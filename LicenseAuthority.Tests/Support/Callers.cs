using System.Net.Http.Headers;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>Those who come to a started service from outside: the marketplace, operators, licensed software.</summary>
internal static class Callers
{
    extension(LicenseAuthorityApplication app)
    {
        /// <summary>Calls with the demo access key.</summary>
        public MarketplaceCaller Marketplace => app.CallerWith(LicenseAuthorityApplication.DemoAccessKey);

        /// <summary>Makes V2 calls with the demo access key.</summary>
        public V2Caller MarketplaceV2 => app.V2CallerWith(LicenseAuthorityApplication.DemoAccessKey);

        /// <summary>An operator with the bootstrap key.</summary>
        public AdminCaller Admin => new(app.Client);

        /// <summary>Calls with another access key, on the path of an account if it is not the default one.</summary>
        public MarketplaceCaller CallerWith(string accessKey, string? account = null) => new(app.Client, accessKey, account);

        /// <summary>Makes V2 calls with another access key, on the path of an account if it is not the default one.</summary>
        public V2Caller V2CallerWith(string accessKey, string? account = null) => new(app.Client, app.Time, accessKey, account);

        public async Task<HttpResponseMessage> AdminAsync(string path, string? key = LicenseAuthorityApplication.AdminKey)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
            return await app.Client.SendAsync(request);
        }

        /// <summary>What licensed software would say of a code, now.</summary>
        public LicenseCheck Check(string? code, string product = "demo-product", bool acceptTests = false)
        {
            var options = new LicenseVerifierOptions { TimeProvider = app.Time, AcceptTestLicenses = acceptTests };
            return new LicenseVerifier(LicenseAuthorityApplication.RootLines, product, options).Check(code);
        }
    }
}
