namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>Where the marketplace's open API is reached (protocol section 4c).</summary>
internal static class OpenApiHosts
{
    /// <summary>Where no setting says otherwise: the first one, and the second when that cannot be reached.</summary>
    public static readonly IReadOnlyList<Uri> Default = [new("https://mkt.myhuaweicloud.com"), new("https://mkt.myhuaweicloud.cn")];
}
