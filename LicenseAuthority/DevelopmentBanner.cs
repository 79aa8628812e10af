using LicenseAuthority.Admin;
using LicenseAuthority.Keys;
using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LicenseAuthority;

/// <summary>
/// What a newcomer needs, printed at every start in Development. Straight to the console and never through a logger: logs are kept and collected.
/// A key that was configured is not printed.
/// </summary>
internal static class DevelopmentBanner
{
    // What a listener is told for "every address of this machine"; nobody can type it into a browser.
    private static readonly string[] AnyAddress = ["://[::]:", "://0.0.0.0:", "://*:", "://+:"];

    /// <summary>Prints it. The service must listen already: the addresses are those that it really has, wherever they were set.</summary>
    public static void Print(IServiceProvider services, TextWriter console)
    {
        var keys = services.GetRequiredService<LiveKeys>().Ring;
        var demoKey = services.GetRequiredService<SellerAccounts>().All
            .SelectMany(static account => account.AccessKeys)
            .Any(key => key.Bytes.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(MarketplaceOptions.DemoAccessKey)));
        var adminKey = services.GetRequiredService<ApiKeys>().Generated;
        var addresses = services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;

        console.WriteLine();
        console.WriteLine("LicenseAuthority, Development: for trying it out, not for selling licenses.");
        foreach (var address in addresses.Select(Reachable).Distinct())
        {
            console.WriteLine($"  address          {address}");
        }

        foreach (var line in keys.RootLines)
        {
            console.WriteLine($"  root public key  {line}");
        }

        console.WriteLine($"  access key       {(demoKey ? MarketplaceOptions.DemoAccessKey : "as configured (Marketplace:AccessKeys)")}");
        console.WriteLine($"  admin API key    {adminKey ?? "as configured (Admin:BootstrapApiKey)"}");
        console.WriteLine("  next             README.md, \"Your first license\"");
        console.WriteLine();
    }

    private static string Reachable(string address) =>
        AnyAddress.Aggregate(address, (text, any) => text.Replace(any, "://localhost:", StringComparison.Ordinal));
}
