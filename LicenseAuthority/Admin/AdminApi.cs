namespace LicenseAuthority.Admin;

/// <summary>The door for operators and the vendor's back office.</summary>
internal static class AdminApi
{
    /// <summary>Maps <c>/admin/v1</c>.</summary>
    public static IEndpointRouteBuilder MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        var admin = endpoints.MapGroup("/admin/v1").AddEndpointFilter<ApiKeyFilter>();
        admin.MapLicenses();
        admin.MapConflicts();
        admin.MapWebhooks();
        return endpoints;
    }
}
