using LicenseAuthority.StatusLists;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>Has status lists published now: the service looks by itself too, but not at a time that a test could know.</summary>
internal static class PublishedLists
{
    /// <summary>Lets what has changed be published, whatever was published just before.</summary>
    public static async Task PublishListsAsync(this LicenseAuthorityApplication app)
    {
        // Twice: the service's own look may just have published what was before, and then the pace holds the first one back.
        for (var round = 0; round < 2; round++)
        {
            app.Time.Advance(StatusListPublisher.Pace);
            await app.LookAtListsAsync();
        }
    }

    /// <summary>Looks until there is nothing more to look at, at the time that it is.</summary>
    public static async Task LookAtListsAsync(this LicenseAuthorityApplication app)
    {
        var publisher = app.Services.GetRequiredService<StatusListPublisher>();
        do
        {
            await publisher.LookAsync(CancellationToken.None);
        }
        while (publisher.HasMore);
    }
}
