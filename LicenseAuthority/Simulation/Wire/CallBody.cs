using System.Text.Json.Nodes;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>The body of a call that comes by POST.</summary>
internal static class CallBody
{
    /// <summary>An object of texts, in the order given.</summary>
    /// <param name="test">Whether it is a debug call.</param>
    /// <param name="members">Its members; one whose value is null is left out.</param>
    public static JsonObject Of(bool test, params (string Name, string? Value)[] members)
    {
        var body = new JsonObject();
        foreach (var (name, value) in members)
        {
            if (value is not null)
            {
                body[name] = value;
            }
        }

        if (test)
        {
            body["testFlag"] = "1";
        }

        return body;
    }
}
