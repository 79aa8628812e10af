using System.Collections.Immutable;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// Makes a license without asking the state machine: valid and Active as it is, a test changes one thing. It was issued at
/// <see cref="Start"/> for a term to <see cref="End"/>, and stays renewable to <see cref="GraceEnd"/>.
/// </summary>
internal sealed class LicenseBuilder
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Grace = TimeSpan.FromDays(15);
    public static readonly DateTimeOffset GraceEnd = new(2027, 1, 16, 0, 0, 0, TimeSpan.Zero);

    private License _license = new()
    {
        Id = "lic_01JGFJJZ00AAAAAAAAAAAAAAAA",
        Account = "default",
        Product = "demo-product",
        Test = false,
        Customer = new Customer("cus_01JGFJJZ00BBBBBBBBBBBBBBBB", "688055390f3049f283fe9f1aa90f7ds3", "A Customer"),
        Quantity = 5,
        Entitlements = Entitlements.None,
        IssuedAt = Start,
        StartsAt = Start,
        ExpiresAt = End,
        Grace = Grace,
        Generation = 1,
        UnboundGeneration = 1,
        CodeIssuedAt = Start,
        LastEventAt = Start,
        RecordedState = LicenseState.Active,
        Version = 1,
    };

    public static implicit operator License(LicenseBuilder builder) => builder._license;

    public License Build() => _license;

    public LicenseBuilder Perpetual() => With(license => license with { ExpiresAt = null });

    public LicenseBuilder ExpiringAt(DateTimeOffset instant) => With(license => license with { ExpiresAt = instant });

    public LicenseBuilder WithGrace(TimeSpan grace) => With(license => license with { Grace = grace });

    public LicenseBuilder Trial() => With(license => license with { Trial = true });

    public LicenseBuilder Test() => With(license => license with { Test = true });

    /// <summary>It was renewed: it had these expiries before, the oldest first.</summary>
    public LicenseBuilder RenewedFrom(params ImmutableArray<DateTimeOffset> earlier) =>
        With(license => license with { EarlierExpiries = earlier });

    /// <summary>The end of its term is recorded; it is Frozen.</summary>
    public LicenseBuilder FrozenByTheTerm() => With(license => license with
    {
        RecordedState = LicenseState.Frozen,
        LastEventAt = license.ExpiresAt!.Value,
    });

    public LicenseBuilder ExpiredByTheMarketplace(DateTimeOffset at) => Frozen(at, license => license with { ExpiredByMarketplaceAt = at });

    public LicenseBuilder HeldByTheMarketplace(DateTimeOffset since) =>
        Frozen(since, license => license with { HoldMarketplace = new Hold(since, "a violation") });

    public LicenseBuilder HeldByAnOperator(DateTimeOffset since) =>
        Frozen(since, license => license with { HoldAdmin = new Hold(since, "an unpaid invoice") });

    /// <summary>The end of its grace is recorded; the clock has released it.</summary>
    public LicenseBuilder ReleasedByTheClock() => With(license => license with
    {
        RecordedState = LicenseState.Released,
        Release = new Release(license.GraceEndsAt!.Value, ReleasedBy.Clock),
        LastEventAt = license.GraceEndsAt!.Value,
    });

    public LicenseBuilder Released(ReleasedBy by, DateTimeOffset at) => With(license => license with
    {
        RecordedState = LicenseState.Released,
        Release = new Release(at, by),
        LastEventAt = at,
    });

    public LicenseBuilder Revoked(DateTimeOffset at) => With(license => license with
    {
        RecordedState = LicenseState.Revoked,
        Revocation = new Revocation(at, "fraud"),
        LastEventAt = at,
    });

    public LicenseBuilder With(Func<License, License> change)
    {
        _license = change(_license);
        return this;
    }

    private LicenseBuilder Frozen(DateTimeOffset at, Func<License, License> change) =>
        With(license => change(license) with { RecordedState = LicenseState.Frozen, LastEventAt = at });
}
