using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace LicenseAuthority.Doors;

/// <summary>
/// Takes the caller's address from <c>X-Forwarded-For</c>, behind the proxies of <c>ReverseProxy:KnownProxies</c> only. Of several entries, which proxies append,
/// it goes from the last one back as long as it is a known proxy that added the next; so what the caller wrote itself never counts.
/// </summary>
internal static class KnownProxies
{
    // The framework's own switch trusts whoever calls.
    private const string FrameworkSetting = "ForwardedHeaders_Enabled";

    private const string Remedy = "Name the address of a proxy, such as 127.0.0.1, or a network of them, such as 10.0.0.0/8; leave it out where no proxy stands in front.";

    /// <summary>Registers the settings, which are looked at when the service starts.</summary>
    public static void AddKnownProxies(this IServiceCollection services)
    {
        services.AddSettings<ReverseProxyOptions>(ReverseProxyOptions.SectionName);
        services.AddOptions<ReverseProxyOptions>().PostConfigure<IConfiguration>(static (options, configuration) =>
        {
            RefuseFrameworkSetting(configuration);
            ReadAll(options);
        });
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ReverseProxyOptions>>(static (headers, options) =>
        {
            headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
            headers.ForwardLimit = null;
            headers.KnownProxies.Clear();
            headers.KnownIPNetworks.Clear();
            ReadAll(options.Value).ForEach(headers.KnownIPNetworks.Add);
        });
    }

    /// <summary>Before everything that asks for the caller's address.</summary>
    public static void UseKnownProxies(this WebApplication app)
    {
        // Without any known one the framework would believe all.
        if (app.Services.GetRequiredService<IOptions<ReverseProxyOptions>>().Value.KnownProxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    private static void RefuseFrameworkSetting(IConfiguration configuration)
    {
        if ("true".Equals(configuration[FrameworkSetting], StringComparison.OrdinalIgnoreCase))
        {
            throw new ConfigurationException(
                "ASPNETCORE_FORWARDEDHEADERS_ENABLED is true, which believes every caller's X-Forwarded-For. "
                + "Remove it, and name the proxies instead: ReverseProxy:KnownProxies:0=127.0.0.1.");
        }
    }

    private static List<IPNetwork> ReadAll(ReverseProxyOptions options) => [.. options.KnownProxies.Select(static (text, number) => Read(number, text))];

    private static IPNetwork Read(int number, string text)
    {
        var setting = string.Create(CultureInfo.InvariantCulture, $"{ReverseProxyOptions.SectionName}:{nameof(ReverseProxyOptions.KnownProxies)}:{number}");
        if (!text.Contains('/', StringComparison.Ordinal))
        {
            // 127.1 and 1 are addresses to the framework, and meant by nobody.
            return IPAddress.TryParse(text, out var address)
                && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(static character => character == '.') == 3)
                ? Single(address)
                : throw new ConfigurationException($"{setting} is '{text}', which is no IP address and no network. {Remedy}");
        }

        // The framework takes away what stands behind the prefix; whoever wrote it there meant something else.
        if (!IPNetwork.TryParse(text, out var network) || !IPAddress.TryParse(text.Split('/')[0], out var first) || !first.Equals(network.BaseAddress))
        {
            throw new ConfigurationException($"{setting} is '{text}', which is no network: an address, of which the bits behind the prefix are 0, and the prefix's length. {Remedy}");
        }

        return network.PrefixLength > 0
            ? network
            : throw new ConfigurationException($"{setting} is '{text}', which is every address there is: each caller could choose who it is. {Remedy}");
    }

    private static IPNetwork Single(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);
}
