using System.Text.Json;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Admin;

/// <summary>An event of a license as the admin door shows it.</summary>
internal sealed record EventItem(
    DateTimeOffset At, string Type, string Actor, SourceItem Source, JsonElement? Before, JsonElement? After, string? Remark)
{
    /// <summary>Translates a stored event.</summary>
    public static EventItem From(EventRecord record) => new(
        record.At, record.Type, record.Source.Actor, SourceItem.From(record.Source), Parse(record.BeforeJson), Parse(record.AfterJson), record.Remark);

    private static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}

/// <summary>The call behind an event or conflict.</summary>
internal sealed record SourceItem(string Activity, string? OrderId, string? OrderLineId)
{
    public static SourceItem From(CallSource source) => new(source.Activity, source.OrderId, source.OrderLineId);
}
