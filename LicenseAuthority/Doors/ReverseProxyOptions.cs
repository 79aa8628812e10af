namespace LicenseAuthority.Doors;

/// <summary>The configuration section <c>ReverseProxy</c>.</summary>
internal sealed class ReverseProxyOptions
{
    public const string SectionName = "ReverseProxy";

    /// <summary>
    /// Proxies that say truly who calls: IP addresses, or networks such as <c>10.0.0.0/8</c>. Of a call that comes from one of them the address in
    /// <c>X-Forwarded-For</c> counts; of every other call that header is anybody's invention.
    /// </summary>
    public List<string> KnownProxies { get; set; } = [];
}
