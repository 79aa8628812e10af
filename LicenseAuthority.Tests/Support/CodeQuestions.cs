using LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>The marketplace is asked about its codes when a test says so.</summary>
internal static class CodeQuestions
{
    extension(LicenseAuthorityApplication app)
    {
        /// <summary>About those that were used just now.</summary>
        public Task AskAboutUsedCodesAsync() => app.Services.GetRequiredService<CodeUses>().AskWaitingAsync(CancellationToken.None);

        /// <summary>About those that it is time for.</summary>
        public Task AskAboutDueCodesAsync() => app.Services.GetRequiredService<CodeHeartbeat>().AskDueAsync(CancellationToken.None);
    }
}
