namespace LicenseAuthority.Commands;

/// <summary>Switches that other servers have, and what says the same here. Nothing but these names is ever repeated to who gave them.</summary>
internal static class ForeignSwitches
{
    private static readonly (string[] Names, string Remedy)[] Known =
    [
        (
            ["port", "p", "http-port", "https-port", "listen", "bind", "host", "hostname", "addr", "address", "ip", "interface"],
            "where it listens is --urls http://127.0.0.1:5080 (several with ; between them), or the settings below Kestrel:Endpoints"),
        (
            ["tls", "ssl", "https", "cert", "certificate", "tls-cert", "tls-key", "cert-file", "key-file"],
            "TLS of its own is --urls https://0.0.0.0:5443 with Kestrel:Certificates:Default:Path and Kestrel:Certificates:Default:KeyPath"),
        (["db", "database", "data", "data-dir", "datadir"], "the database is Storage:ConnectionString, such as \"Data Source=data/license-authority.db\""),
        (["config", "c", "conf", "config-file", "settings"], "settings stand in appsettings.json in the folder of --contentRoot, in variables (Section__Key) and in arguments"),
        (["log-level", "loglevel", "verbose", "verbosity", "quiet", "debug"], "how much is logged is --Logging:LogLevel:Default Warning, or another level"),
        (["env"], "the environment is --environment Development"),
    ];

    /// <summary>What to write instead; null = no switch that is known.</summary>
    /// <param name="name">The name without what it begins with: <c>port</c> for <c>--port</c>.</param>
    public static string? FindRemedy(string name) => Array.Find(Known, entry => entry.Names.Contains(name, StringComparer.OrdinalIgnoreCase)).Remedy;
}
