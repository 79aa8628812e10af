using System.Globalization;
using System.Text.Json;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// What came of activating an authorisation code, or of asking about one (protocol sections 4c and 4d). Texts are as they came; absent ones are null. In the answer's
/// summary the code is cut to its last characters: it may be logged. Its body is for the call journal alone, which hides the code by its value.
/// </summary>
internal sealed record CodeAnswer
{
    private const string Alive = "ALIVE";

    /// <summary>The answer.</summary>
    public required OpenApiAnswer Answer { get; init; }

    public required CodeStanding Standing { get; init; }

    /// <summary>When it was activated; asked about only.</summary>
    public string? ActivateTime { get; init; }

    /// <summary>The end of its term, 14 or 17 digits.</summary>
    public string? ExpireTime { get; init; }

    public string? ProductId { get; init; }

    public string? OrderId { get; init; }

    /// <summary>How many were bought.</summary>
    public string? Amount { get; init; }

    /// <summary>The same as a number from 1 to 9,999,999, absent = 1; null = it cannot be read.</summary>
    public int? Quantity => Amount is null ? 1
        : int.TryParse(Amount, NumberStyles.None, CultureInfo.InvariantCulture, out var quantity) && quantity is >= 1 and <= 9_999_999 ? quantity
        : null;

    /// <summary>Reads an answer about a code. One about another code is none.</summary>
    public static CodeAnswer Of(OpenApiAnswer answer, MarketplaceCode code)
    {
        var kept = Mask(answer, code);
        return answer switch
        {
            { IsForbidden: true } => Without(kept, CodeStanding.Forbidden),
            { Code: OpenApiCodes.CodeUnknown } => Without(kept, CodeStanding.Unknown),
            { Code: OpenApiCodes.CodeNotReceived } => Without(kept, CodeStanding.NotReceived),
            { Succeeded: true } => Read(answer, kept, code),
            { Error: not null } or { Status: >= 500 } => Without(kept, CodeStanding.NoAnswer),
            _ => Without(kept, CodeStanding.Refused),
        };
    }

    /// <summary>Says how it stands.</summary>
    public override string ToString() => $"{Standing}, {Answer.Summary}";

    private static CodeAnswer Without(OpenApiAnswer answer, CodeStanding standing) => new() { Answer = answer, Standing = standing };

    private static CodeAnswer Read(OpenApiAnswer answer, OpenApiAnswer kept, MarketplaceCode code)
    {
        if (Facts(answer.Body) is not { } facts)
        {
            return Without(kept with { Error = "the answer has no data of the code that can be read" }, CodeStanding.NoAnswer);
        }

        if (Text("license_code") is { } named && named != code.Text)
        {
            return Without(kept with { Error = "the answer is about another code" }, CodeStanding.NoAnswer);
        }

        var standing = Text("status")?.ToUpperInvariant() switch
        {
            Alive => CodeStanding.Alive,
            "EXPIRED" => CodeStanding.Expired,
            "RELEASED" => CodeStanding.Released,
            _ => CodeStanding.NoAnswer,
        };
        return new CodeAnswer
        {
            Answer = standing == CodeStanding.NoAnswer ? kept with { Error = "the answer does not say how the code stands" } : kept,
            Standing = standing,
            ActivateTime = Text("activate_time"),
            ExpireTime = Text("expire_time"),
            ProductId = Text("product_id"),
            OrderId = Text("order_id"),
            Amount = Text("amount"),
        };

        string? Text(string name) => facts.Select(each => each.FindText(name)).FirstOrDefault(static text => text is not null);
    }

    // The facts stand in data itself, or in a text in it that is a JSON object; data may be such a text too. Null: what should be an object is none.
    private static List<JsonElement>? Facts(JsonElement? body)
    {
        if (body is null || FindObject(body.Value, "data", out var data) is false || data is null)
        {
            return null;
        }

        return FindObject(data.Value, "license_code_info", out var info) ? info is null ? [data.Value] : [info.Value, data.Value] : null;
    }

    // False: it is there, and no object.
    private static bool FindObject(JsonElement element, string name, out JsonElement? found)
    {
        found = element.FindObject(name);
        if (found is not null || element.FindText(name) is not { } text)
        {
            return found is not null || !element.TryGetProperty(name, out var other) || other.ValueKind == JsonValueKind.Null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            found = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            found = null;
        }

        return found is not null;
    }

    private static OpenApiAnswer Mask(OpenApiAnswer answer, MarketplaceCode code) => answer with
    {
        Code = Mask(answer.Code, code),
        Message = Mask(answer.Message, code),
    };

    private static string? Mask(string? text, MarketplaceCode code) => text?.Replace(code.Text, "…" + code.LastCharacters, StringComparison.OrdinalIgnoreCase);
}

/// <summary>How the marketplace says that a code stands.</summary>
internal enum CodeStanding
{
    /// <summary>In force.</summary>
    Alive,

    /// <summary>Its term is over.</summary>
    Expired,

    /// <summary>It is over.</summary>
    Released,

    /// <summary>The account has no such code.</summary>
    Unknown,

    /// <summary>The buyer has not received it yet, so nobody can activate it.</summary>
    NotReceived,

    /// <summary>AK and SK are not accepted.</summary>
    Forbidden,

    /// <summary>Refused for another reason.</summary>
    Refused,

    /// <summary>There is no answer that could be judged. What was asked for may have been done all the same.</summary>
    NoAnswer,
}
