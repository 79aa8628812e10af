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
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Outbox;
using LicenseAuthority.Simulation;
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

    // Below such a setting any name may stand.
    private static readonly Dictionary<Type, string> Free = new() { [typeof(ProductOptions)] = nameof(Entitlements) };

    // A test compares them with the options classes that exist.
    private static readonly Section[] Sections =
    [
        new(StorageOptions.SectionName, typeof(StorageOptions)),
        new(KeyOptions.SectionName, typeof(KeyOptions)),
        new(ProductSettings.SectionName, typeof(ProductOptions)) { IsList = true },
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
        new(SimulateOptions.SectionName, typeof(SimulateOptions)),
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
    public static IEnumerable<Type> OptionsTypes => Sections.SelectMany(static section => section.Types).Distinct();

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
    private static List<string> NamesFor(string argument) =>
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

    /// <summary>A section, with all that may stand below it: what its options class has, and the options classes in that one.</summary>
    private sealed record Section(string Name, Type Options)
    {
        private const string Number = "N";
        private const string AnyName = "NAME";

        /// <summary>Whether the settings stand below a number: <c>Products:0:Id</c>.</summary>
        public bool IsList { get; init; }

        /// <summary>The options classes of the section, those within others among them.</summary>
        public IEnumerable<Type> Types => TypesIn(Options);

        /// <summary>The names of all settings, for a path among them: with its numbers and names where there are any.</summary>
        public List<string> Names(string path)
        {
            var given = path.Split(':');
            var names = NamesIn(Options, IsList ? $"{Name}:{Number}:" : Name + ":").Select(name => string.Join(':', name.Split(':').Select((part, place) => part switch
            {
                Number => place < given.Length && given[place].Length > 0 && given[place].All(char.IsAsciiDigit) ? given[place] : "0",
                AnyName => place < given.Length ? given[place] : AnyName,
                _ => part,
            }))).ToList();

            // A section that was taken for a setting: one of those below it was meant.
            var below = names.FindAll(name => name.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase));
            return below.Count > 0 ? below : names;
        }

        public IEnumerable<string> FindUnknown(IConfiguration configuration)
        {
            var section = configuration.GetSection(Name);
            return IsList ? section.GetChildren().SelectMany(entry => Valued(entry).Concat(FindUnknown(Options, entry))) : FindUnknown(Options, section);
        }

        private static IEnumerable<Type> TypesIn(Type options) =>
            Settings(options).Select(static setting => setting.Inner).OfType<Type>().SelectMany(TypesIn).Prepend(options);

        private static IEnumerable<string> NamesIn(Type options, string prefix) => Settings(options)
            .SelectMany(setting => (setting.Kind, setting.Inner) switch
            {
                (SettingKind.Section, { } inner) => NamesIn(inner, $"{prefix}{setting.Name}:"),
                (SettingKind.List, { } inner) => NamesIn(inner, $"{prefix}{setting.Name}:{Number}:"),
                (SettingKind.Named, { } inner) => NamesIn(inner, $"{prefix}{setting.Name}:{AnyName}:"),
                (SettingKind.List, null) => [$"{prefix}{setting.Name}:{Number}"],
                _ => [prefix + setting.Name],
            })
            .Concat(Free.TryGetValue(options, out var free) ? [$"{prefix}{free}:{Any}"] : []);

        private static IEnumerable<string> FindUnknown(Type options, IConfigurationSection entry)
        {
            var known = Settings(options).ToDictionary(static setting => setting.Name, StringComparer.OrdinalIgnoreCase);
            return entry.GetChildren().SelectMany(setting =>
                Free.TryGetValue(options, out var free) && setting.Key.Equals(free, StringComparison.OrdinalIgnoreCase) ? []
                : !known.TryGetValue(setting.Key, out var found) ? Leaves(setting)
                : (found.Kind, found.Inner) switch
                {
                    (SettingKind.Section, { } inner) => Valued(setting).Concat(FindUnknown(inner, setting)),
                    (SettingKind.List or SettingKind.Named, { } inner) => Valued(setting)
                        .Concat(setting.GetChildren().SelectMany(each => Valued(each).Concat(FindUnknown(inner, each)))),
                    (SettingKind.List, null) => Valued(setting).Concat(setting.GetChildren().SelectMany(static value => value.GetChildren()).SelectMany(Leaves)),
                    _ => setting.GetChildren().SelectMany(Leaves),
                });
        }

        private static IEnumerable<(string Name, SettingKind Kind, Type? Inner)> Settings(Type options) =>
            options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(static property => property.CanWrite)
                .Select(static property => (property.Name, KindOf(property.PropertyType, out var inner), inner));

        private static SettingKind KindOf(Type type, out Type? inner)
        {
            var isMany = type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable));
            var held = isMany ? type.GetGenericArguments()[^1] : type;
            inner = held.Name.EndsWith("Options", StringComparison.Ordinal) ? held : null;
            return !isMany ? inner is null ? SettingKind.Text : SettingKind.Section
                : type.IsAssignableTo(typeof(IDictionary)) ? SettingKind.Named
                : SettingKind.List;
        }

        // A value where only more names can stand. An empty list in JSON arrives as an empty text.
        private static IEnumerable<string> Valued(IConfigurationSection section) => string.IsNullOrEmpty(section.Value) ? [] : [section.Path];

        private static IEnumerable<string> Leaves(IConfigurationSection section) =>
            section.GetChildren().ToList() is { Count: > 0 } children ? children.SelectMany(Leaves) : [section.Path];
    }

    private enum SettingKind
    {
        /// <summary>One text.</summary>
        Text,

        /// <summary>One more section.</summary>
        Section,

        /// <summary>Texts or sections below numbers.</summary>
        List,

        /// <summary>Sections below names that the operator gives.</summary>
        Named,
    }
}
