using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Commands as the doors make them.</summary>
internal static class Calls
{
    public static readonly CallSource Marketplace = new(CallSource.Marketplace, "aCall", "CS2601010000ABCDE", "CS2601010000ABCDE-000001");
    public static readonly CallSource Operator = new("admin:key_1", "aCall");
    public static readonly CallPolicy Policy = MarketplacePolicy.Calls;

    public static LicenseCommand Expire { get; } = new LicenseCommand.EndTerm(Marketplace, Policy);

    /// <summary>An operator has had such a call before.</summary>
    public static LicenseCommand ExpireKnownToBeLate { get; } = new LicenseCommand.EndTerm(Marketplace, Policy) { IsKnownToBeLate = true };

    public static LicenseCommand Freeze { get; } = new LicenseCommand.Suspend(Marketplace, Policy, "the marketplace asked for it");

    public static LicenseCommand Unfreeze { get; } = new LicenseCommand.Resume(Marketplace, Policy);

    public static LicenseCommand Release { get; } = new LicenseCommand.Terminate(Marketplace, Policy);

    public static LicenseCommand AdminFreeze { get; } = new LicenseCommand.OperatorSuspend(Operator, "an unpaid invoice");

    public static LicenseCommand AdminUnfreeze { get; } = new LicenseCommand.OperatorResume(Operator, "paid");

    public static LicenseCommand AdminRelease { get; } = new LicenseCommand.OperatorTerminate(Operator, "asked for by mail");

    public static LicenseCommand AdminRevoke { get; } = new LicenseCommand.Revoke(Operator, "fraud");

    public static LicenseCommand AdminReissue { get; } = new LicenseCommand.Reissue(Operator, "a wrong clock");

    public static LicenseCommand AdminRestore { get; } = new LicenseCommand.Restore(Operator, "a wrong clock");

    /// <summary>V1: no purpose.</summary>
    public static LicenseCommand Refresh(DateTimeOffset expiresAt) => Renew(TermPurpose.Unstated, expiresAt);

    public static LicenseCommand Renewal(DateTimeOffset expiresAt) => Renew(TermPurpose.Renewal, expiresAt);

    public static LicenseCommand Refund(DateTimeOffset expiresAt) => Renew(TermPurpose.Refund, expiresAt);

    public static LicenseCommand Formalise(DateTimeOffset expiresAt) => Renew(TermPurpose.TrialToFormal, expiresAt);

    public static LicenseCommand Renew(TermPurpose purpose, DateTimeOffset expiresAt) =>
        new LicenseCommand.SetTerm(Marketplace, Policy, purpose, expiresAt);

    public static LicenseCommand Quantity(int quantity) => new LicenseCommand.ChangeQuantity(Marketplace, Policy, quantity);

    public static LicenseCommand AdminChange(DateTimeOffset? expiresAt = null, int? quantity = null, Entitlements? entitlements = null) =>
        new LicenseCommand.Change(Operator, expiresAt, quantity, entitlements, "asked for by mail");

    public static LicenseCommand Apply(ConflictKind kind, ConflictProposal proposal) => new LicenseCommand.ApplyConflict(Operator, kind, proposal, "the seller agreed");
}
