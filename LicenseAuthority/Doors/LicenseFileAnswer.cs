using System.Text;
using LicenseAuthority.Codes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Doors;

/// <summary>A license file (<c>.lic</c>) as an answer, for every door that is asked for one with <c>?format=lic</c>.</summary>
internal static class LicenseFileAnswer
{
    private const string Parameter = "format";
    private const string Format = "lic";

    /// <summary>Whether a call asks for a file; without the parameter it does not. Null = neither, and <paramref name="problem"/> says so.</summary>
    public static bool? IsAskedFor(HttpRequest request, out ProblemHttpResult? problem)
    {
        problem = null;
        var given = request.Query[Parameter];
        if (given.Count == 0)
        {
            return false;
        }

        if (given is [Format])
        {
            return true;
        }

        problem = Problems.Create(StatusCodes.Status400BadRequest, "bad-query", "The parameter format can only be lic, once; leave it out for JSON.");
        return null;
    }

    /// <summary>The answer: something to be saved under the name of what it is for.</summary>
    /// <param name="code">The code in it.</param>
    /// <param name="statusList">The token of the status list in it; null = none.</param>
    /// <param name="binding">What the code is bound to, the id of its device's activation or else of its license: the file's name, so that no two are mixed up.</param>
    public static FileContentHttpResult Create(string code, string? statusList, string binding) =>
        TypedResults.File(Encoding.ASCII.GetBytes(LicenseFileWriter.Write(code, statusList)), LicenseFileWriter.MediaType, $"{binding}.lic");
}
