using LicenseAuthority.Licensing;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Calls as the doors make them.</summary>
internal static class Calls
{
    public static readonly CallSource Marketplace = new(CallSource.Marketplace, "aCall", "CS2601010000ABCDE", "CS2601010000ABCDE-000001");
    public static readonly CallSource Operator = new("admin:key_1", "aCall");

    public static LicenseCall Expire { get; } = new LicenseCall.Expire(Marketplace);

    public static LicenseCall Freeze { get; } = new LicenseCall.Freeze(Marketplace, "the marketplace asked for it");

    public static LicenseCall Unfreeze { get; } = new LicenseCall.Unfreeze(Marketplace);

    public static LicenseCall Release { get; } = new LicenseCall.Release(Marketplace);

    public static LicenseCall AdminFreeze { get; } = new LicenseCall.AdminFreeze(Operator, "an unpaid invoice");

    public static LicenseCall AdminUnfreeze { get; } = new LicenseCall.AdminUnfreeze(Operator, "paid");

    public static LicenseCall AdminRelease { get; } = new LicenseCall.AdminRelease(Operator, "asked for by mail");

    public static LicenseCall AdminRevoke { get; } = new LicenseCall.AdminRevoke(Operator, "fraud");

    /// <summary>V1: no scene.</summary>
    public static LicenseCall Refresh(DateTimeOffset expiresAt) => Renew(RenewalScene.Unstated, expiresAt);

    public static LicenseCall Renewal(DateTimeOffset expiresAt) => Renew(RenewalScene.Renewal, expiresAt);

    public static LicenseCall Refund(DateTimeOffset expiresAt) => Renew(RenewalScene.UnsubscribeRenewalPeriod, expiresAt);

    public static LicenseCall Formalise(DateTimeOffset expiresAt) => Renew(RenewalScene.TrialToFormal, expiresAt);

    public static LicenseCall Renew(RenewalScene scene, DateTimeOffset expiresAt) => new LicenseCall.Renew(Marketplace, scene, expiresAt);

    public static LicenseCall AdminChange(DateTimeOffset? expiresAt = null, int? quantity = null, Entitlements? entitlements = null) =>
        new LicenseCall.AdminChange(Operator, expiresAt, quantity, entitlements, "asked for by mail");
}
