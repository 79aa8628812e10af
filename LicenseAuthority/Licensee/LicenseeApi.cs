using LicenseAuthority.Codes;
using LicenseAuthority.Doors;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>The door for licensed software. What it shows it shows to whoever holds a license code, and only of that license.</summary>
internal static class LicenseeApi
{
    /// <summary>The door's share of requests.</summary>
    public const string Door = "licensee";

    /// <summary>Maps what licensed software calls.</summary>
    public static IEndpointRouteBuilder MapLicensee(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/.well-known/jwks.json", GetKeys).RequireRateLimiting(Door);
        endpoints.MapPost("/licensee/v1/refresh", RefreshAsync).RequireRateLimiting(Door).RefuseSlowBodies();
        endpoints.MapActivations();
        endpoints.MapStatusLists();
        return endpoints;
    }

    private static Ok<JsonWebKeySet> GetKeys(LiveKeys keys) => TypedResults.Ok(JsonWebKeySet.From(keys));

    private static async Task<IResult> RefreshAsync(
        HttpContext context, ShownCodes codes, ActivationDoor devices, CodeLists lists, LicenseeMetrics metrics, TimeProvider time, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (LicenseFileAnswer.IsAskedFor(context.Request, out var badFormat) is not { } asFile)
        {
            return badFormat!;
        }

        var (sequence, problem) = await RefreshBody.ReadAsync(context.Request, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        var shown = await codes.JudgeAsync(context, ShownCodes.InHeader(context.Request), ShownIn.Header, cancellationToken);
        if (shown.Known is not { } known)
        {
            metrics.Refused(shown.Verdict);
            return shown.Problem!;
        }

        var state = known.License.StateAt(time.GetUtcNow());
        var code = state is LicenseState.Active or LicenseState.Frozen ? known.Issued.Newest.CodeText : null;
        var stateWord = state.ToWord();
        if (known.Device is not null)
        {
            var (deviceCode, deviceState, freed) = await devices.RefreshAsync(known, cancellationToken);
            if (freed is not null)
            {
                metrics.Freed();
                return freed;
            }

            (code, stateWord) = (deviceCode, deviceState ?? stateWord);
        }

        metrics.Served(state);
        var list = await lists.FindNewerAsync(code, known.Text.Text, sequence, cancellationToken);

        // A file has to have a code: of a license that is over the one shown, with the list that says so.
        return asFile
            ? LicenseFileAnswer.Create(LicenseFileWriter.Write(code ?? known.Text.Text, list), known.License.Id)
            : TypedResults.Ok(new RefreshedCode(code, stateWord, list));
    }
}
