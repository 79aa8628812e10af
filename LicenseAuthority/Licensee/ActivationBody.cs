using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Licensing.Activations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>The body of an activation, also the content of a <c>.lareq</c> file. Holds fingerprints, which are hashed with the license's id and go nowhere.</summary>
/// <param name="Code">A license code, or a code that a marketplace handed out, as it was sent.</param>
/// <param name="Product">Our product id.</param>
/// <param name="Fingerprints">1 to 8 texts, not blank, distinct.</param>
/// <param name="Required">How many of them must be found later, at least half.</param>
/// <param name="Name">What people call the device, or null.</param>
/// <param name="Lease">The lease that is asked for, or null.</param>
/// <param name="Offline">The device will not show itself again.</param>
internal sealed record ActivationBody(
    string Code, string Product, ImmutableArray<string> Fingerprints, int Required, string? Name, TimeSpan? Lease, bool Offline)
{
    private const string Example = """{"code": "eyJ…", "product": "editor", "device": {"fingerprint": ["…"]}}""";
    private const string BadDevice = "bad-device";

    // The longest fingerprints, however they are written, with a code and what else there is.
    private const int LongestBody = 64 * 1024;

    private const int MostFingerprints = 8;
    private const int LongestFingerprint = 1024;
    private const int LongestName = 64;
    private const int LongestProduct = 64;

    /// <summary>Shows the product, neither the code nor fingerprints.</summary>
    public override string ToString() => $"activation for {Product}";

    /// <summary>Reads it from a request: either a problem, or the body.</summary>
    public static async Task<(ActivationBody? Body, ProblemHttpResult? Problem)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var (given, problem) = await JsonBody.ReadAsync(request, Read, cancellationToken, LongestBody, isFile: true);
        return problem is not null ? (null, problem) : given ?? Refuse("bad-request", $"The body is a JSON object: {Example}");
    }

    /// <summary>Reads it from the text of a file.</summary>
    public static (ActivationBody? Body, ProblemHttpResult? Problem) Read(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > LongestBody)
        {
            return Refuse(
                "too-large", FormattableString.Invariant($"A request for an activation has at most {LongestBody} bytes."), StatusCodes.Status413PayloadTooLarge);
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with a lone surrogate.
            return Refuse("bad-json", $"The file is not valid JSON. A request for an activation is a JSON object: {Example}");
        }
    }

    /// <summary>Reads it. Members of later versions are not looked at, as shipped software may be newer than the service; one that comes twice is refused.</summary>
    public static (ActivationBody? Body, ProblemHttpResult? Problem) Read(JsonElement root)
    {
        if (Members(root) is not { } members)
        {
            return Refuse("bad-request", $"The body is a JSON object without repeated members: {Example}");
        }

        if (Text(members, "code") is not { } code || Text(members, "product") is not { Length: > 0 and <= LongestProduct } product)
        {
            return Refuse("bad-request", $"The members code and product are texts, the product of 1 to {LongestProduct} characters: {Example}");
        }

        if (!members.TryGetValue("device", out var device) || Members(device) is not { } deviceMembers)
        {
            return Refuse(BadDevice, $"The member device is an object without repeated members: {Example}");
        }

        var (fingerprints, fault) = ReadFingerprints(deviceMembers);
        if (fault is not null)
        {
            return Refuse(BadDevice, fault);
        }

        string? name = null;
        if (Given(deviceMembers, "name") is { } nameGiven)
        {
            name = nameGiven.ValueKind == JsonValueKind.String ? nameGiven.GetString()!.Trim() : null;
            if (name is null || name.Length > LongestName || name.Any(char.IsControl))
            {
                return Refuse(BadDevice, $"The device's name is a text of at most {LongestName} characters without control characters.");
            }
        }

        TimeSpan? lease = null;
        if (Given(members, "lease") is { } leaseGiven)
        {
            if (leaseGiven.ValueKind != JsonValueKind.Number || !leaseGiven.TryGetInt64(out var seconds)
                || seconds < (long)ActivationRules.ShortestLease.TotalSeconds || seconds > (long)ActivationRules.LongestLease.TotalSeconds)
            {
                return Refuse(
                    "bad-lease",
                    FormattableString.Invariant(
                        $"The member lease is a whole number of seconds from {ActivationRules.ShortestLease.TotalSeconds} to {ActivationRules.LongestLease.TotalSeconds}. Leave it out for the product's own."));
            }

            lease = TimeSpan.FromSeconds(seconds);
        }

        var offline = false;
        if (Given(members, "offline") is { } offlineGiven)
        {
            if (offlineGiven.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                return Refuse("bad-request", "The member offline is true or false.");
            }

            offline = offlineGiven.GetBoolean();
        }

        var required = fingerprints.Length;
        if (Given(deviceMembers, "match") is { } match)
        {
            if (match.ValueKind != JsonValueKind.Number || !match.TryGetInt32(out required))
            {
                return Refuse(BadDevice, "The member match is a whole number: how many of the fingerprints must be found later.");
            }

            if (required > fingerprints.Length || required * 2L < fingerprints.Length || required < 1)
            {
                return Refuse(
                    "bad-match",
                    FormattableString.Invariant(
                        $"Of {fingerprints.Length} fingerprints at least {(fingerprints.Length + 1) / 2} and at most {fingerprints.Length} must match. Leave match out for all."),
                    StatusCodes.Status422UnprocessableEntity);
            }
        }

        return (new ActivationBody(code, product, fingerprints, required, name is "" ? null : name, lease, offline), null);
    }

    private static (ImmutableArray<string> Fingerprints, string? Fault) ReadFingerprints(Dictionary<string, JsonElement> device)
    {
        const string Form = "The device's fingerprint is a text, or an array of 1 to 8 texts, each of at most 1024 characters";
        if (Given(device, "fingerprint") is not { } given || given.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            return ([], $"{Form}.");
        }

        List<JsonElement> items = given.ValueKind == JsonValueKind.String ? [given] : [.. given.EnumerateArray().Take(MostFingerprints + 1)];
        if (items.Count is 0 or > MostFingerprints || items.Exists(static item => item.ValueKind != JsonValueKind.String))
        {
            return ([], $"{Form}.");
        }

        // As they are hashed: white space around them does not count.
        var texts = items.ConvertAll(static item => item.GetString()!);
        if (texts.Exists(static text => text.Length > LongestFingerprint))
        {
            return ([], $"{Form}; one is longer. Send a hash of it.");
        }

        if (texts.Exists(string.IsNullOrWhiteSpace))
        {
            // What a machine gives whose property could not be read: it would belong to all of them.
            return ([], "A fingerprint is blank: it would be that of every machine whose property cannot be read. Leave it out.");
        }

        var trimmed = texts.ConvertAll(DeviceBinding.Trim);
        return trimmed.Distinct(StringComparer.Ordinal).Count() == trimmed.Count ? ([.. trimmed], null) : ([], "A fingerprint comes twice. Send each once.");
    }

    private static Dictionary<string, JsonElement>? Members(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        return element.EnumerateObject().All(member => members.TryAdd(member.Name, member.Value)) ? members : null;
    }

    // null is the same as leaving it out.
    private static JsonElement? Given(Dictionary<string, JsonElement> members, string name) =>
        members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(Dictionary<string, JsonElement> members, string name) =>
        Given(members, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static (ActivationBody? Body, ProblemHttpResult? Problem) Refuse(string code, string detail, int status = StatusCodes.Status400BadRequest) =>
        (null, Problems.Create(status, code, detail));
}
