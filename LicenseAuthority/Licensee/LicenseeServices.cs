using LicenseAuthority.Doors;
using LicenseAuthority.Telemetry;

namespace LicenseAuthority.Licensee;

internal static class LicenseeServices
{
    private const int LargestLimit = 10_000;

    // A small part of the database's connections, whoever knocks.
    private const int AtOnce = 16;
    private const int Waiting = 240;

    // Besides those that wait for a marketplace, and hold nothing else meanwhile.
    private const int UploadsAtOnce = 8 + MarketplaceCodeDoor.MostAsking;
    private const int UploadsWaiting = 120;

    /// <summary>Registers the door for licensed software.</summary>
    public static IServiceCollection AddLicensee(this IServiceCollection services)
    {
        services.AddSettings<LicenseeOptions>(LicenseeOptions.SectionName);
        services.AddOptions<LicenseeOptions>()
            .Validate(
                options => options.RefreshesPerMinute is >= 1 and <= LargestLimit,
                "Licensee:RefreshesPerMinute must be from 1 to 10000; the default is 60.")
            .Validate(
                options => options.UnknownCodesPerMinute is >= 1 and <= LargestLimit,
                "Licensee:UnknownCodesPerMinute must be from 1 to 10000; the default is 30.")
            .Validate(
                options => options.UnknownMarketplaceCodesPerHour is >= 1 and <= LargestLimit,
                "Licensee:UnknownMarketplaceCodesPerHour must be from 1 to 10000; the default is 30.")
            .Validate(
                options => options.LostDeviceAfter >= TimeSpan.FromDays(1) && options.LostDeviceAfter <= TimeSpan.FromDays(366),
                "Licensee:LostDeviceAfter must be from 1.00:00:00 to 366.00:00:00; the default is 30.00:00:00.");
        services.AddSingleton<RefreshLimiter>();
        services.AddSingleton<UnknownCodeLimiter>();
        services.AddSingleton<UnknownMarketplaceCodeLimiter>();
        services.AddSingleton<MarketplaceCodeDoor>();
        services.AddSingleton<ShownCodes>();
        services.AddSingleton<CodeLists>();
        services.AddSingleton<CodeRefresher>();
        services.AddSingleton<ActivationDoor>();
        services.AddDoorLimit(LicenseeApi.Door, AtOnce, Waiting);
        services.AddDoorLimit(LicenseeApi.Uploads, UploadsAtOnce, UploadsWaiting);
        services.AddInstruments<LicenseeMetrics>();
        return services;
    }
}
