using System.Collections;
using System.Reflection;
using LicenseAuthority.Admin;
using LicenseAuthority.Catalog;
using LicenseAuthority.Clock;
using LicenseAuthority.Codes;
using LicenseAuthority.Commands;
using LicenseAuthority.Doors;
using LicenseAuthority.Expiry;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Outbox;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;
using LicenseAuthority.Telemetry;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace LicenseAuthority;

/// <summary>
/// All settings that there are. One that nobody reads is a misspelled one, and stops the start: what it was to say would silently be the default. Known is
/// what the options classes bind; outside our own sections only arguments are looked at, as files and variables have other readers.
/// </summary>
internal static class KnownSettings
{
    private const string Any = "*";

    // A test compares them with the options classes that exist.
    private static readonly Section[] Sections =
    [
        new(StorageOptions.SectionName, typeof(StorageOptions)),
        new(KeyOptions.SectionName, typeof(KeyOptions)),
        new(ProductSettings.SectionName, typeof(ProductOptions)) { IsList = true, Free = nameof(Entitlements) },
        new(MarketplaceOptions.SectionName, typeof(MarketplaceOptions)),
        new(LicenseeOptions.SectionName, typeof(LicenseeOptions)),
        new(ReverseProxyOptions.SectionName, typeof(ReverseProxyOptions)),
        new(AdminOptions.SectionName, typeof(AdminOptions)),
        new(ClockOptions.SectionName, typeof(ClockOptions)),
        new(ExpiryOptions.SectionName, typeof(ExpiryOptions)),
        new(WebhookOptions.SectionName, typeof(WebhookOptions)),
        new(OutboxOptions.SectionName, typeof(OutboxOptions)),
        new(StatusListOptions.SectionName, typeof(StatusListOptions)),
        new(TelemetryOptions.SectionName, typeof(TelemetryOptions)),
    ];

    // What the host and its parts read, as far as an operator may want it as an argument.
    private static readonly string[] HostSettings =
    [
        "urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "webroot", "shutdownTimeoutSeconds", "preferHostingUrls",
        "captureStartupErrors", "detailedErrors", "suppressStatusMessages", "forwardedHeaders_enabled", "AllowedHosts",
    ];

    private static readonly string[] HostSections = ["Logging", "Kestrel", "hostBuilder"];

    // OpenTelemetry reads its variables from the configuration.
    private const string TelemetryPrefix = "OTEL_";

    // How the host takes variables for itself; what follows is the setting.
    private static readonly string[] VariablePrefixes = ["", "ASPNETCORE_", "DOTNET_"];

    /// <summary>The options classes whose settings are known.</summary>
    public static IEnumerable<Type> OptionsTypes => Sections.Select(static section => section.Options);

    /// <summary>Checks the arguments, and our own sections wherever they come from.</summary>
    /// <exception cref="ConfigurationException">There are unknown ones; the message names each, its source, and what was most likely meant. It repeats no value.</exception>
    public static void Check(IConfigurationRoot configuration, IEnumerable<SettingArgument> arguments)
    {
        var faults = arguments.Where(static argument => !IsKnownArgument(argument.Name))
            .Select(static argument => Describe(argument.Name, $"argument --{argument.Name}", NamesFor(argument.Name)))
            .Concat(Sections.SelectMany(section => section.FindUnknown(configuration).Select(path => Describe(path, SourceOf(configuration, path), section.Names(path)))))
            .ToList();
        if (faults.Count > 0)
        {
            throw new ConfigurationException(string.Join(' ', faults));
        }
    }

    private static string Describe(string name, string source, IEnumerable<string> known) =>
        $"There is no setting {name} ({source}): {(ForeignSwitches.FindRemedy(name) is { } remedy ? remedy + "." : $"did you mean {NearestName.Of(name, known)}?")}";

    private static bool IsKnownArgument(string name) =>
        name.Equals(PublicUrl.Setting, StringComparison.OrdinalIgnoreCase)
        || HostSettings.Contains(name, StringComparer.OrdinalIgnoreCase)
        || name.StartsWith(TelemetryPrefix, StringComparison.OrdinalIgnoreCase)

        // What stands below our own sections is looked at in the configuration.
        || HostSections.Concat(Sections.Select(static section => section.Name)).Any(section => name.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase));

    // The name of a section alone is near to none of its settings.
    private static IEnumerable<string> NamesFor(string argument) =>
        Sections.FirstOrDefault(section => section.Name.Equals(argument, StringComparison.OrdinalIgnoreCase))?.Names(argument)
        ?? [PublicUrl.Setting, .. HostSettings, .. Sections.SelectMany(static section => section.Names(section.Name))];

    private static string SourceOf(IConfigurationRoot configuration, string path)
    {
        // The last one wins, so it is the one that counts.
        return configuration.Providers.Reverse().FirstOrDefault(provider => provider.TryGet(path, out _)) switch
        {
            ChainedConfigurationProvider { Configuration: IConfigurationRoot inner } => SourceOf(inner, path),
            FileConfigurationProvider { Source: var file } => $"file {file.FileProvider?.GetFileInfo(file.Path ?? "").PhysicalPath ?? file.Path}",
            CommandLineConfigurationProvider => $"argument --{path}",
            EnvironmentVariablesConfigurationProvider => $"environment variable {VariableOf(path)}",
            _ => "configuration",
        };
    }

    private static string VariableOf(string path) =>
        Environment.GetEnvironmentVariables().Keys.Cast<string>().FirstOrDefault(variable => VariablePrefixes.Any(prefix =>
            variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && variable[prefix.Length..].Replace("__", ":", StringComparison.Ordinal).Equals(path, StringComparison.OrdinalIgnoreCase)))
        ?? path.Replace(":", "__", StringComparison.Ordinal);

    private sealed record Section(string Name, Type Options)
    {
        private readonly Dictionary<string, bool> _isList = Options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.CanWrite)
            .ToDictionary(
                static property => property.Name,
                static property => property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable)),
                StringComparer.OrdinalIgnoreCase);

        /// <summary>Whether the settings stand below a number: <c>Products:0:Id</c>.</summary>
        public bool IsList { get; init; }

        /// <summary>A setting below which any name may stand.</summary>
        public string? Free { get; init; }

        /// <summary>The names of all settings, for a path among them: with its number where there is one.</summary>
        public IEnumerable<string> Names(string path)
        {
            var number = path.Split(':') is [_, var given, _, ..] && given.All(char.IsAsciiDigit) ? given : "0";
            var prefix = IsList ? $"{Name}:{number}:" : Name + ":";
            return _isList.Select(setting => $"{prefix}{setting.Key}{(setting.Value ? ":0" : "")}").Concat(Free is null ? [] : [$"{prefix}{Free}:{Any}"]);
        }

        public IEnumerable<string> FindUnknown(IConfiguration configuration)
        {
            var section = configuration.GetSection(Name);
            return IsList
                ? section.GetChildren().SelectMany(entry => Valued(entry).Concat(FindUnknown(entry)))
                : FindUnknown(section);
        }

        private IEnumerable<string> FindUnknown(IConfigurationSection entry) => entry.GetChildren().SelectMany(setting =>
            setting.Key.Equals(Free, StringComparison.OrdinalIgnoreCase) ? []
            : !_isList.TryGetValue(setting.Key, out var isList) ? Leaves(setting)
            : isList ? Valued(setting).Concat(setting.GetChildren().SelectMany(static value => value.GetChildren()).SelectMany(Leaves))
            : setting.GetChildren().SelectMany(Leaves));

        // A value where only more names can stand. An empty list in JSON arrives as an empty text.
        private static IEnumerable<string> Valued(IConfigurationSection section) => string.IsNullOrEmpty(section.Value) ? [] : [section.Path];

        private static IEnumerable<string> Leaves(IConfigurationSection section) =>
            section.GetChildren().ToList() is { Count: > 0 } children ? children.SelectMany(Leaves) : [section.Path];
    }
}
