namespace LicenseAuthority.Client;

/// <summary>A language of the texts of a <see cref="LicenseCheck"/>.</summary>
public enum LicenseLanguage
{
    /// <summary>English.</summary>
    English = 0,

    /// <summary>Chinese, in simplified characters.</summary>
    Chinese = 1,
}
