using System.Net;
using System.Text;
using System.Text.Json;

namespace LicenseAuthority.Simulation.Wire;

/// <summary>What a call was answered with. Members that did not come are null.</summary>
internal sealed record Reply
{
    /// <summary>So long the marketplace waits.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int LongestMessage = 255;
    private const int LongestInstanceId = 64;

    public string? ResultCode { get; private init; }

    public string? ResultMsg { get; private init; }

    public string? InstanceId { get; private init; }

    /// <summary>The license code of V1. Never shown: it is a secret of the buyer.</summary>
    public string? License { get; private init; }

    /// <summary>The instances that <c>queryInstance</c> names.</summary>
    public IReadOnlyList<string> Instances { get; private init; } = [];

    /// <summary>What no answer may have, whatever was asked: an HTTP status other than 200, a signature that does not fit, a body that is none.</summary>
    public IReadOnlyList<string> Faults { get; private init; } = [];

    /// <summary>Whether no answer came.</summary>
    public bool IsNone { get; private init; }

    /// <summary>No answer came.</summary>
    public static Reply None(string reason) => new() { IsNone = true, Faults = ["no answer: " + reason] };

    /// <summary>Reads an answer.</summary>
    /// <param name="status">Its HTTP status.</param>
    /// <param name="bodySign">Its header <c>Body-Sign</c>.</param>
    /// <param name="body">Its body.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="accessKey">What it must be signed with.</param>
    public static Reply Read(HttpStatusCode status, string? bodySign, byte[] body, TimeSpan took, string accessKey)
    {
        var faults = new List<string>();
        if (status != HttpStatusCode.OK)
        {
            faults.Add($"HTTP {(int)status}");
        }

        if (took > Patience)
        {
            faults.Add(FormattableString.Invariant($"took {took.TotalSeconds:0.0} s"));
        }

        var reply = ReadBody(body, faults);

        // Who is not believed gets an answer that is signed with the account's first key, and that may be another one.
        if (BodySignature.FindFault(accessKey, bodySign, body) is { } unsigned && (bodySign is null || reply.ResultCode != "000001"))
        {
            faults.Add(unsigned);
        }

        if (reply.ResultMsg?.Length > LongestMessage)
        {
            faults.Add($"a resultMsg of {reply.ResultMsg.Length} characters");
        }

        if (reply.InstanceId?.Length > LongestInstanceId)
        {
            faults.Add($"an instanceId of {reply.InstanceId.Length} characters");
        }

        return reply with { Faults = faults };
    }

    /// <summary>Shows no license code.</summary>
    public override string ToString() => $"{ResultCode} {ResultMsg}";

    private static Reply ReadBody(byte[] body, List<string> faults)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            return new Reply
            {
                ResultCode = Text(root, "resultCode"),
                ResultMsg = Text(root, "resultMsg"),
                InstanceId = Text(root, "instanceId"),
                License = Text(root, "license"),
                Instances = root.TryGetProperty("info", out var info) ? [.. info.EnumerateArray().Select(static each => Text(each, "instanceId") ?? "")] : [],
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or DecoderFallbackException)
        {
            faults.Add("a body that is none of ours");
            return new Reply();
        }
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
