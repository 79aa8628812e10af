using System.Text.Json;
using LicenseAuthority.Marketplaces;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>The journal of calls of a service whose clock stands still: written when a test says so.</summary>
internal static class WrittenCalls
{
    extension(LicenseAuthorityApplication app)
    {
        public CallJournal Journal => app.Services.GetRequiredService<CallJournal>();

        /// <summary>Has what waits written.</summary>
        public Task WriteCallsAsync() => app.Journal.FlushAsync(CancellationToken.None);

        /// <summary>All calls so far, as an operator sees them, the newest first; <paramref name="query"/> begins with a question mark.</summary>
        public async Task<List<JsonElement>> CallsAsync(string query = "")
        {
            await app.WriteCallsAsync();
            return await app.Admin.ListAsync("marketplace/calls" + query);
        }
    }
}
