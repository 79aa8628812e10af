using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using LicenseAuthority.Catalog;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Tests.Docs;

/// <summary>docs/configuration.md has every setting that exists, no other, and the right defaults.</summary>
public sealed partial class ConfigurationPageTests
{
    // Settings that are read without an options class.
    private static readonly string[] Single = [PublicUrl.Setting, $"{ProductSettings.SectionName}:N:{nameof(Entitlements)}:NAME"];

    // The rows of the table "All settings": key and the code in the cell of the default, if any.
    private static readonly Dictionary<string, string?> Documented = Row().Matches(Section("## All settings", "\n## "))
        .ToDictionary(row => row.Groups["key"].Value, row => row.Groups["value"].Success ? row.Groups["value"].Value : null);

    [Test]
    public void Keys_InThePage_AreThoseOfTheOptions() =>
        Assert.That(Documented.Keys, Is.EquivalentTo(Settings().Select(setting => setting.Key).Concat(Single)));

    [TestCaseSource(nameof(Settings))]
    public void Default_InThePage_IsTheOneInTheCode((string Key, object? Default) setting)
    {
        Assert.That(Documented, Does.ContainKey(setting.Key));
        Assert.That(Documented[setting.Key], Is.EqualTo(Write(setting.Default)), $"the default of {setting.Key}");
    }

    private static IEnumerable<(string Key, object? Default)> Settings() =>
        from type in typeof(AuthorityHost).Assembly.GetTypes()
        where IsOptions(type) && type.Namespace!.StartsWith(nameof(LicenseAuthority), StringComparison.Ordinal) && SectionOf(type) is not null
        from setting in SettingsIn(type, SectionOf(type)!)
        select setting;

    private static IEnumerable<(string Key, object? Default)> SettingsIn(Type type, string section)
    {
        var options = Activator.CreateInstance(type);
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.CanWrite).SelectMany(property =>
        {
            var key = $"{section}:{property.Name}";
            var kind = property.PropertyType;
            var isMany = kind != typeof(string) && kind.IsAssignableTo(typeof(IEnumerable));
            return !isMany ? IsOptions(kind) ? SettingsIn(kind, key) : [(key, property.GetValue(options))]
                : kind.IsAssignableTo(typeof(IDictionary)) ? SettingsIn(kind.GetGenericArguments()[^1], key + ":NAME")

                // A list of what has a section of its own is described there.
                : IsOptions(kind.GetGenericArguments()[^1]) ? [(key + ":N:…", null)]
                : [(key + ":N", null)];
        });
    }

    private static bool IsOptions(Type type) => type.Name.EndsWith("Options", StringComparison.Ordinal);

    // Null: a section within another.
    private static string? SectionOf(Type type) =>
        type == typeof(ProductOptions)
            ? ProductSettings.SectionName + ":N"
            : (type.GetField("SectionName") ?? type.GetField("Section"))?.GetRawConstantValue() as string;

    private static string? Write(object? value) => value switch
    {
        null or "" => null,
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Section(string from, string to)
    {
        var text = MarkdownPage.Read("docs/configuration.md").Text;
        var start = text.IndexOf(from, StringComparison.Ordinal);
        return text[start..text.IndexOf(to, start + from.Length, StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"^\| `(?<key>[^`]+)` \| (`(?<value>[^`]+)`|none\b)[^|]* \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
