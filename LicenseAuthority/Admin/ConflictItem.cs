using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Admin;

/// <summary>A conflict as the admin door shows it.</summary>
internal sealed record ConflictItem(
    string Id,
    string LicenseId,
    string Kind,
    DateTimeOffset At,
    string Actor,
    SourceItem Source,
    string Reason,
    ProposalItem Proposal,
    string Status,
    string? ResolvedBy,
    DateTimeOffset? ResolvedAt)
{
    /// <summary>Translates a stored conflict.</summary>
    public static ConflictItem From(ConflictRecord record)
    {
        var conflict = record.Conflict;
        return new ConflictItem(
            conflict.Id,
            conflict.LicenseId,
            conflict.Kind.ToWord(),
            conflict.At,
            conflict.Source.Actor,
            SourceItem.From(conflict.Source),
            conflict.Reason,
            new ProposalItem(conflict.Proposal.Expire, conflict.Proposal.ExpiresAt, conflict.Proposal.Quantity),
            record.Status.ToWord(),
            record.ResolvedBy,
            record.ResolvedAt);
    }
}

/// <summary>What the call asked for, and what applying does.</summary>
internal sealed record ProposalItem(bool Expire, DateTimeOffset? ExpiresAt, int? Quantity);
