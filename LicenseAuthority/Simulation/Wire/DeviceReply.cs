using System.Text.Json;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>What licensed software was answered with.</summary>
/// <param name="Status">The HTTP status; 0 = no answer came.</param>
/// <param name="Problem">The code of the problem, or why there is no answer; null = there is none.</param>
/// <param name="Code">The device's license code; null = there is none. Never shown.</param>
internal sealed record DeviceReply(int Status, string? Problem, string? Code)
{
    /// <summary>Reads an answer.</summary>
    public static DeviceReply Read(int status, byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return new DeviceReply(status, status < 400 ? null : Text(json.RootElement), status < 400 ? json.RootElement.GetProperty("code").GetString() : null);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new DeviceReply(status, "a body that is none of ours", Code: null);
        }
    }

    /// <summary>Shows no license code.</summary>
    public override string ToString() => Problem is null ? $"{Status}" : $"{Status} {Problem}";

    private static string? Text(JsonElement problem) => problem.GetProperty("code").GetString();
}
