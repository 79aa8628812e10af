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
}
