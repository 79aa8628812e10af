using System.Reflection;

namespace LicenseAuthority;

/// <summary>Which version of the program this is.</summary>
internal static class AuthorityVersion
{
    /// <summary>Such as <c>0.1.0</c>; the revision of the source, which the build appends, is not for people.</summary>
    public static string Text { get; } =
        typeof(AuthorityVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
