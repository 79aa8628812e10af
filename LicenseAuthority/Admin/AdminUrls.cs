using System.Globalization;

namespace LicenseAuthority.Admin;

/// <summary>The addresses of the admin door alone (<c>Admin:Urls</c>). Which door a call came through is told by the port that took its connection.</summary>
internal sealed class AdminUrls
{
    private const string Kestrel = "Kestrel:Endpoints";
    private const string Remedy = "Set Admin:Urls to addresses such as http://127.0.0.1:5081 with a port that nothing else has, or leave it out.";

    private readonly IReadOnlyList<string> _own;
    private readonly IReadOnlyList<string> _others;

    private AdminUrls(IReadOnlyList<string> own, IReadOnlyList<string> others)
    {
        _own = own;
        _others = others;
        Ports = own.Select(PortOf).ToHashSet();
    }

    /// <summary>The ports that are this door's.</summary>
    public IReadOnlySet<int> Ports { get; }

    /// <summary>Null when none is set. <see cref="ConfigurationException"/> for one that cannot be told from the others.</summary>
    public static AdminUrls? From(AdminOptions options, IConfiguration configuration)
    {
        if (string.IsNullOrWhiteSpace(options.Urls))
        {
            return null;
        }

        var urls = new AdminUrls(Split(options.Urls, ""), Others(configuration));
        foreach (var own in urls._own)
        {
            if (PortOf(own) == 0)
            {
                throw new ConfigurationException($"Admin:Urls has '{own}', which is no http or https address with a port. {Remedy}");
            }
        }

        return urls._others.FirstOrDefault(other => urls.Ports.Contains(PortOf(other))) is { } same
            ? throw new ConfigurationException($"Admin:Urls has the port of {same}, where the other doors are. {Remedy}")
            : urls;
    }

    /// <summary>Has the server listen here too.</summary>
    public void AddTo(WebApplication app)
    {
        if (app.Configuration.GetSection(Kestrel).GetChildren().Any())
        {
            // Whoever names endpoints there has the server listen at no other address.
            foreach (var (number, url) in _own.Index())
            {
                app.Configuration[string.Create(CultureInfo.InvariantCulture, $"{Kestrel}:Admin-{number}:Url")] = url;
            }

            return;
        }

        foreach (var url in _others.Concat(_own))
        {
            app.Urls.Add(url);
        }
    }

    // As the host would read them; it no longer does once an address has been added.
    private static List<string> Others(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection(Kestrel).GetChildren().Select(static endpoint => endpoint["Url"]).OfType<string>().ToList();
        var urls = Split(configuration[WebHostDefaults.ServerUrlsKey], "");
        List<string> ports =
            [.. Split(configuration[WebHostDefaults.HttpPortsKey], "http://*:"), .. Split(configuration[WebHostDefaults.HttpsPortsKey], "https://*:")];
        return endpoints.Count > 0 ? endpoints : urls.Count > 0 ? urls : ports.Count > 0 ? ports : ["http://localhost:5000"];
    }

    private static List<string> Split(string? text, string before) =>
        [.. (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(one => before + one)];

    // 0 = none that is known beforehand.
    private static int PortOf(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            var isWeb = address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase)
            || address.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
            return isWeb && !address.IsUnixPipe && !address.IsNamedPipe && address.PathBase.Length == 0 && address.Port is > 0 and <= ushort.MaxValue ? address.Port : 0;
        }
        catch (FormatException)
        {
            return 0;
        }
    }
}
