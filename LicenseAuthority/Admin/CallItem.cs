using System.Text.Json;
using LicenseAuthority.Marketplaces;

namespace LicenseAuthority.Admin;

/// <summary>A call between a marketplace and this authority as the admin door shows it.</summary>
internal sealed record CallItem(
    string Id,
    DateTimeOffset At,
    string Direction,
    string Account,
    string Activity,
    bool Test,
    string? OrderId,
    string? OrderLineId,
    string? InstanceId,
    string? ResultCode,
    string? ResultMsg,
    int? HttpStatus,
    long DurationMs,
    string Node,
    JsonElement? Request,
    JsonElement? Answer)
{
    public static CallItem From(CallRecord call) => new(
        call.Id,
        call.At,
        CallWords.Directions.WordOf(call.Direction),
        call.Account,
        call.Activity,
        call.Test,
        call.OrderId,
        call.OrderLineId,
        call.InstanceId,
        call.ResultCode,
        call.ResultMsg,
        call.HttpStatus,
        call.DurationMs,
        call.Node,
        Parse(call.Request),
        Parse(call.Answer));

    private static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}
