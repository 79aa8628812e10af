using LicenseAuthority.Admin;
using LicenseAuthority.Keys;
using LicenseAuthority.Marketplace;

namespace LicenseAuthority;

/// <summary>
/// What a newcomer needs, printed at every start in Development. Straight to the console and never through a logger: logs are kept and collected.
/// A key that was configured is not printed.
/// </summary>
internal static class DevelopmentBanner
{
    /// <summary>Prints it.</summary>
    public static void Print(IServiceProvider services, IConfiguration configuration, TextWriter console)
    {
        var keys = services.GetRequiredService<KeyRing>();
        var demoKey = services.GetRequiredService<AccessKeys>().All.Any(key => key.Bytes.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(MarketplaceOptions.DemoAccessKey)));
        var adminKey = services.GetRequiredService<ApiKeys>().Generated;
        var address = configuration["urls"] ?? "http://localhost:5000";

        console.WriteLine();
        console.WriteLine("LicenseAuthority, Development: for trying it out, not for selling licenses.");
        console.WriteLine($"  address          {address}");
        foreach (var line in keys.RootLines)
        {
            console.WriteLine($"  root public key  {line}");
        }

        console.WriteLine($"  access key       {(demoKey ? MarketplaceOptions.DemoAccessKey : "as configured (Marketplace:AccessKeys)")}");
        console.WriteLine($"  admin API key    {adminKey ?? "as configured (Admin:BootstrapApiKey)"}");
        console.WriteLine("  next             README.md, \"Your first license\"");
        console.WriteLine();
    }
}
