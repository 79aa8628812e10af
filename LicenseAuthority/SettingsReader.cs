using System.Collections;
using System.ComponentModel;
using System.Reflection;

namespace LicenseAuthority;

/// <summary>
/// Reads a section of the configuration into its options. A text that cannot be read is told with the setting's name and how to write it; the
/// configuration binder tells the name of a .NET type instead.
/// </summary>
internal static class SettingsReader
{
    /// <summary>Sets what the section has; what it does not have stays. <see cref="ConfigurationException"/> names a text that cannot be read.</summary>
    public static void Read(IConfigurationSection section, object options)
    {
        RequireReadable(section, options.GetType());
        section.Bind(options);
    }

    // In sections within the section too.
    private static void RequireReadable(IConfigurationSection section, Type options)
    {
        foreach (var property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var setting = section.GetSection(property.Name);
            if (type.IsAssignableTo(typeof(IEnumerable)) && type.IsGenericType && IsOptions(type.GetGenericArguments()[^1]))
            {
                foreach (var entry in setting.GetChildren())
                {
                    RequireReadable(entry, type.GetGenericArguments()[^1]);
                }
            }
            else if (IsOptions(type))
            {
                RequireReadable(setting, type);
            }

            if (!property.CanWrite || setting.Value is not { } text || !type.IsValueType || (text.Length == 0 && type != property.PropertyType))
            {
                continue;
            }

            if (!CanRead(type, text))
            {
                throw new ConfigurationException($"{setting.Path} is '{text}'. Write it as {FormOf(type)}, or leave it out for the default.");
            }
        }
    }

    private static bool IsOptions(Type type) => type.Name.EndsWith("Options", StringComparison.Ordinal);

    /// <summary>Registers the section for the options: it is read, and what is wrong found, when the service starts.</summary>
    public static IServiceCollection AddSettings<T>(this IServiceCollection services, string sectionName)
        where T : class
    {
        services.AddOptions<T>()
            .Configure<IConfiguration>((options, configuration) => Read(configuration.GetSection(sectionName), options))
            .ValidateOnStart();
        return services;
    }

    // As the binder does it.
    private static bool CanRead(Type type, string text)
    {
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    private static string FormOf(Type type) =>
        type == typeof(TimeSpan) ? "days.hours:minutes:seconds, such as 15.00:00:00 or 00:01:00"
        : type == typeof(bool) ? "true or false"
        : type.IsEnum ? string.Join(", ", Enum.GetNames(type))
        : "a whole number";
}
