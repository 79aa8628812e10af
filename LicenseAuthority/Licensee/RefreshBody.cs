using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>
/// The optional body of a refresh: <c>{"seq": n}</c>, the sequence of the status list that the software has. Members of later versions are not looked at, as shipped
/// software may be newer than the service.
/// </summary>
internal static class RefreshBody
{
    private const string Member = "seq";

    /// <summary>Reads it. Either a problem, or the sequence; null where none was given.</summary>
    public static async Task<(long? Sequence, ProblemHttpResult? Problem)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var (given, problem) = await JsonBody.ReadAsync(request, Read, cancellationToken);
        return problem is not null ? (null, problem) : given ?? (null, null);
    }

    private static (long? Sequence, ProblemHttpResult? Problem) Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Refuse();
        }

        long? sequence = null;
        foreach (var member in root.EnumerateObject().Where(static member => member.NameEquals(Member)))
        {
            if (sequence is not null || member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out var number) || number < 0)
            {
                return Refuse();
            }

            sequence = number;
        }

        return (sequence, null);
    }

    private static (long? Sequence, ProblemHttpResult? Problem) Refuse() => (null, Problems.Create(
        StatusCodes.Status400BadRequest, "bad-seq", "The body is an object whose member seq, once, is the seq of the status list that you have: {\"seq\": 1764547200}. It may be left out."));
}
