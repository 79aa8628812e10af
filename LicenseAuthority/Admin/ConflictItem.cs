using System.Text.Json.Serialization;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Admin;

/// <summary>A conflict as the admin door shows it.</summary>
internal sealed record ConflictItem(
    string Id,
    string? LicenseId,
    string? InstanceId,
    string Kind,
    DateTimeOffset At,
    string Actor,
    SourceItem Source,
    string Reason,
    ProposalItem Proposal,
    string Status,
    string? ResolvedBy,
    DateTimeOffset? ResolvedAt,
    string? Remark,
    UnservedOrderItem? Order)
{
    /// <summary>Translates a stored conflict.</summary>
    public static ConflictItem From(ConflictRecord record)
    {
        var conflict = record.Conflict;
        return new ConflictItem(
            conflict.Id,
            conflict.LicenseId ?? conflict.MissingLicenseId,
            conflict.InstanceId,
            conflict.Kind.ToWord(),
            conflict.At,
            conflict.Source.Actor,
            SourceItem.From(conflict.Source),
            conflict.Reason,
            new ProposalItem(conflict.Proposal.Expire, conflict.Proposal.ExpiresAt, conflict.Proposal.Quantity, conflict.Proposal.Formalise),
            record.Status.ToWord(),
            record.ResolvedBy,
            record.ResolvedAt,
            record.Remark,
            conflict.Order is { } order ? UnservedOrderItem.From(order, conflict.Source) : null);
    }
}

/// <summary>An order that was refused without a license. The product is null where it could not be read.</summary>
internal sealed record UnservedOrderItem(
    string Account, bool Test, string OrderId, string? OrderLineId, string? ProductId, string? CustomerId, string? CustomerName)
{
    /// <summary>Translates what is known of it.</summary>
    public static UnservedOrderItem From(OrderFacts order, CallSource source) => new(
        order.Key.Account, order.Key.Test, order.Key.OrderId, source.OrderLineId, order.Key.MarketplaceProductId is { Length: > 0 } product ? product : null,
        order.MarketplaceCustomerId, order.CustomerName);
}

/// <summary>What the call asked for, and what applying does. That a trial becomes formal is said only where it does.</summary>
internal sealed record ProposalItem(
    bool Expire, DateTimeOffset? ExpiresAt, int? Quantity, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Formalise);
