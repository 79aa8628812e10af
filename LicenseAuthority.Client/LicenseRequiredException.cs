namespace LicenseAuthority.Client;

/// <summary>What <see cref="LicenseGuard.Require()"/> throws where the license does not permit it.</summary>
public sealed class LicenseRequiredException : Exception
{
    internal LicenseRequiredException(LicenseCheck check, string? entitlement)
        : base(check.IsValid
            ? $"The license does not include \"{entitlement}\"."
            : check.GetEvidence(LicenseLanguage.English) + " " + check.GetAdvice(LicenseLanguage.English))
    {
        Check = check;
        Entitlement = entitlement;
    }

    /// <summary>The check that it rests on. Valid where only the entitlement is missing.</summary>
    public LicenseCheck Check { get; }

    /// <summary>The entitlement that was asked for; null: only a valid license was.</summary>
    public string? Entitlement { get; }
}
