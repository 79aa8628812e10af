using System.Text;

namespace LicenseAuthority.Client.Keeping;

/// <summary>Finds where a guard keeps things where the host does not say.</summary>
internal static class StorePlace
{
    private const string Vendor = "LicenseAuthority";

    /// <summary>A folder of the user's data, or nothing where there is none. Nothing is read or written.</summary>
    public static LicenseStore Default(string productId) => Default(productId, Environment.GetEnvironmentVariable("HOME"));

    /// <summary>The same for the user with this home, as Unix has it.</summary>
    public static LicenseStore Default(string productId, string? home)
    {
        var data = "";
        try
        {
            // Without a home the framework would look elsewhere, such as in the system's root.
            if (Path.DirectorySeparatorChar == '\\' || Directory.Exists(home))
            {
                data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            }
        }
        catch (Exception exception) when (exception is PlatformNotSupportedException or InvalidOperationException || FolderStore.IsTrouble(exception))
        {
            return new NoStore();
        }

        return data.Length > 0 && Path.IsPathRooted(data) ? new FolderStore(Path.Combine(data, Vendor, FolderOf(productId))) : new NoStore();
    }

    // A name that every file system takes, and tells products apart that it would not.
    private static string FolderOf(string productId)
    {
        var name = new StringBuilder();
        foreach (var character in productId)
        {
            name.Append(character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.' ? character : '_');
        }

        var text = name.ToString().Trim('.');
        return text == productId && text.Length is > 0 and <= 64 ? text : $"{(text.Length > 40 ? text.Substring(0, 40) : text)}-{HexOf(productId)}";
    }

    private static string HexOf(string productId)
    {
        var hex = new StringBuilder();
        foreach (var character in StoreDocument.NameOf(productId))
        {
            hex.Append(((int)character).ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return hex.ToString(0, 16);
    }
}
