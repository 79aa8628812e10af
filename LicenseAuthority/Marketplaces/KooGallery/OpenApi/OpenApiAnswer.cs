using System.Text.Json;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>What came of one call to the open API, over all its hosts. Holds no credentials.</summary>
internal sealed record OpenApiAnswer
{
    /// <summary>The host that answered, or was tried last: name and perhaps port.</summary>
    public required string Host { get; init; }

    /// <summary>How long the call took, over all hosts.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The HTTP status; null = nobody answered.</summary>
    public int? Status { get; init; }

    /// <summary>The answer's JSON object; null = nobody answered, or it was none.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>How many bytes of an answer's body were read.</summary>
    public int Length { get; init; }

    /// <summary>
    /// The marketplace's code, <c>error_code</c> or <c>resultCode</c>; null = there is none. It decides: HTTP 200 comes with errors as well (protocol section 5k).
    /// </summary>
    public string? Code { get; init; }

    /// <summary>The marketplace's text beside the code, or null.</summary>
    public string? Message { get; init; }

    /// <summary>Why there is no answer to judge, or what is wrong with it, in our words, for operators; null = there is a code.</summary>
    public string? Error { get; init; }

    /// <summary>No host was reached: nobody has read anything of the call's body. Of one without a body, whose time was over, that is not known: false.</summary>
    public bool IsOutOfReach { get; init; }

    public bool Succeeded => Error is null && Code is OpenApiCodes.Success or OpenApiCodes.SuccessOfOrders or OpenApiCodes.SuccessOfCodes;

    /// <summary>AK and SK are not accepted, or may not do this.</summary>
    public bool IsForbidden => Status is 401 or 403 || Code == OpenApiCodes.Forbidden;

    /// <summary>For operators and the log: what it was, without the body; one line.</summary>
    public string Summary => Error is { } error
        ? $"{Host}: {error}"
        : Plain(FormattableString.Invariant($"{Host} answered {Status}, {Code}{(Message is null ? "" : ": " + Message)}"));

    /// <summary>The same; the body is for the call journal alone.</summary>
    public override string ToString() => Summary;

    // The marketplace's words are not ours: no line breaks, no end of the log.
    private static string Plain(string text)
    {
        const int Longest = 300;
        var cut = text.Length <= Longest ? text : text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)] + "…";
        return string.Concat(cut.Select(character => char.IsControl(character) ? ' ' : character));
    }
}

/// <summary>Codes of the open API (protocol sections 4c, 5i and 5k).</summary>
internal static class OpenApiCodes
{
    public const string Success = "CBC.0000";
    public const string SuccessOfOrders = "MKT.0000";

    /// <summary>Of activating a code, and of asking about one.</summary>
    public const string SuccessOfCodes = "92020000";

    /// <summary>The buyer has not received the code yet.</summary>
    public const string CodeNotReceived = "92020004";

    /// <summary>There is no such code.</summary>
    public const string CodeUnknown = "92020005";

    /// <summary>A parameter is wrong.</summary>
    public const string BadParameter = "CBC.0101";

    /// <summary>The same, of calls about codes.</summary>
    public const string BadParameterOfCodes = "92020002";

    /// <summary>AK and SK are not accepted, or may not do this.</summary>
    public const string Forbidden = "CBC.0150";

    /// <summary>The application for a license is no longer open.</summary>
    public const string ApplicationClosed = "91381034";

    /// <summary>The license is no license to the marketplace.</summary>
    public const string BadLicense = "91381037";

    /// <summary>The application for a license was refused.</summary>
    public const string ApplicationRefused = "91381038";
}
