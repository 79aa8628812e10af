namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>The marketplace's result codes (protocol section 8). Only this door knows them.</summary>
internal static class ResultCode
{
    public const string Success = "000000";

    /// <summary>The caller could not be authenticated.</summary>
    public const string AuthenticationFailed = "000001";

    /// <summary>A parameter is missing or wrong; also an unknown activity.</summary>
    public const string BadParameter = "000002";

    /// <summary>There is no such instance, for this caller.</summary>
    public const string UnknownInstance = "000003";

    /// <summary>Being worked on; the caller comes again.</summary>
    public const string InProgress = "000004";

    /// <summary>Our fault; repeating the call later is right.</summary>
    public const string InternalError = "000005";

    /// <summary>More devices than were bought.</summary>
    public const string QuotaUsedUp = "000900";

    /// <summary>A license was asked for outside the term of its order.</summary>
    public const string OutsideTerm = "000901";

    /// <summary>A license with a term was asked for without an end.</summary>
    public const string EndMissing = "000902";

    /// <summary>A license was asked for without the fingerprint of a device.</summary>
    public const string FingerprintMissing = "000903";
}
