using LicenseAuthority.Licensing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The door for operators and the vendor's back office.</summary>
internal static class AdminApi
{
    /// <summary>Maps <c>/admin/v1</c>.</summary>
    public static IEndpointRouteBuilder MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        var admin = endpoints.MapGroup("/admin/v1").AddEndpointFilter<ApiKeyFilter>();
        admin.MapGet("/licenses/{id}", GetLicenseAsync);
        return endpoints;
    }

    private static async Task<Results<Ok<LicenseItem>, ProblemHttpResult>> GetLicenseAsync(
        string id, ILicenseQueries queries, TimeProvider time, CancellationToken cancellationToken) =>
        await queries.FindAsync(id, cancellationToken) is { } record
            ? TypedResults.Ok(LicenseItem.From(record, time.GetUtcNow()))
            : Problems.Create(StatusCodes.Status404NotFound, "license-not-found", "There is no license with this id. Ids look like lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB.");
}
