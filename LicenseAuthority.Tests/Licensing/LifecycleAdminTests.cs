using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Every cell of the table of events and states, for the calls of operators: what does not fit is refused.</summary>
internal sealed class LifecycleAdminTests
{
    private static readonly DateTimeOffset End = LicenseBuilder.End;
    private static readonly DateTimeOffset Next = new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static IEnumerable<Column> NotOver =>
    [
        Column.Active, Column.FrozenByTheTerm, Column.FrozenByTheTermUnsettled, Column.FrozenByAnExpireCall,
        Column.FrozenByTheMarketplacesHold, Column.FrozenByAnOperatorsHold,
    ];

    private static IEnumerable<Column> Over =>
    [
        Column.ReleasedByTheClock, Column.ReleasedByTheClockUnsettled, Column.ReleasedByTheMarketplace, Column.ReleasedByAnOperator,
        Column.Revoked,
    ];

    // ---- freeze

    [TestCase(Column.Active)]
    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    public void AdminFreeze_NotOver_IsAHold(Column column)
    {
        var given = Situation.Of(column);

        var decision = LifecycleAssert.Applied(
            given, Calls.AdminFreeze, LicenseState.Frozen, LicenseEventType.Frozen,
            license => license with { HoldAdmin = new Hold(given.Now, "an unpaid invoice") });

        Assert.That(decision.Events[^1].Remark, Is.EqualTo("an unpaid invoice"));
    }

    [Test]
    public void AdminFreeze_HeldByAnOperatorBefore_IsRefused() =>
        LifecycleAssert.Refused(Situation.Of(Column.FrozenByAnOperatorsHold), Calls.AdminFreeze);

    [TestCaseSource(nameof(Over))]
    public void AdminFreeze_Over_IsRefused(Column column) => LifecycleAssert.Refused(Situation.Of(column), Calls.AdminFreeze);

    // ---- unfreeze

    [Test]
    public void AdminUnfreeze_Active_IsRefused() => LifecycleAssert.Refused(Situation.Of(Column.Active), Calls.AdminUnfreeze);

    [Test]
    public void AdminUnfreeze_HeldByAnOperator_LiftsTheHold()
    {
        var decision = LifecycleAssert.Applied(
            Situation.Of(Column.FrozenByAnOperatorsHold), Calls.AdminUnfreeze, LicenseState.Active, LicenseEventType.Unfrozen,
            license => license with { HoldAdmin = null });

        Assert.That(decision.Events[^1].Remark, Is.EqualTo("paid"));
    }

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    public void AdminUnfreeze_HeldByAnOperatorAndFrozenForAnotherReason_LiftsTheHoldOnly(Column column)
    {
        var given = Situation.Of(column, license => license.HeldByAnOperator(LicenseBuilder.Start.AddDays(10)));

        LifecycleAssert.Applied(
            given, Calls.AdminUnfreeze, LicenseState.Frozen, LicenseEventType.Unfrozen, license => license with { HoldAdmin = null });
    }

    [TestCase(Column.FrozenByTheTerm)]
    [TestCase(Column.FrozenByTheTermUnsettled)]
    [TestCase(Column.FrozenByAnExpireCall)]
    [TestCase(Column.FrozenByTheMarketplacesHold)]
    public void AdminUnfreeze_FrozenForAnotherReason_IsRefused(Column column) =>
        LifecycleAssert.Refused(Situation.Of(column), Calls.AdminUnfreeze);

    [TestCaseSource(nameof(Over))]
    public void AdminUnfreeze_Over_IsRefused(Column column) =>
        LifecycleAssert.Refused(
            Situation.Of(column, license => license.HeldByAnOperator(LicenseBuilder.Start.AddDays(10))), Calls.AdminUnfreeze);

    // ---- release

    [TestCaseSource(nameof(NotOver))]
    public void AdminRelease_NotOver_IsReleasedByAnOperator(Column column)
    {
        var given = Situation.Of(column);

        var decision = LifecycleAssert.Applied(
            given, Calls.AdminRelease, LicenseState.Released, LicenseEventType.Released,
            license => license with { Release = new Release(given.Now, ReleasedBy.Admin) });

        Assert.That(decision.Events[^1].Remark, Is.EqualTo("asked for by mail"));
    }

    [TestCaseSource(nameof(Over))]
    public void AdminRelease_Over_IsRefused(Column column) => LifecycleAssert.Refused(Situation.Of(column), Calls.AdminRelease);

    // ---- revoke

    [TestCaseSource(nameof(NotOver))]
    [TestCase(Column.ReleasedByTheClock)]
    [TestCase(Column.ReleasedByTheClockUnsettled)]
    [TestCase(Column.ReleasedByTheMarketplace)]
    [TestCase(Column.ReleasedByAnOperator)]
    public void AdminRevoke_NotRevoked_IsRevoked(Column column)
    {
        var given = Situation.Of(column);

        var decision = LifecycleAssert.Applied(
            given, Calls.AdminRevoke, LicenseState.Revoked, LicenseEventType.Revoked,
            license => license with { Revocation = new Revocation(given.Now, "fraud") });

        Assert.That(decision.Events[^1].Remark, Is.EqualTo("fraud"));
    }

    [Test]
    public void AdminRevoke_Revoked_IsRefused() => LifecycleAssert.Refused(Situation.Of(Column.Revoked), Calls.AdminRevoke);

    // ---- change

    [TestCaseSource(nameof(NotOver))]
    public void AdminChange_QuantityAndEntitlements_ApplyAndLeaveTheStateAsItIs(Column column)
    {
        var entitlements = Entitlements.Create([new("seats", new EntitlementValue.Number(50))]);

        var decision = LifecycleAssert.Applied(
            Situation.Of(column), Calls.AdminChange(quantity: 50, entitlements: entitlements),
            column == Column.Active ? LicenseState.Active : LicenseState.Frozen, LicenseEventType.Changed,
            license => license with { Quantity = 50, Entitlements = entitlements }, newCode: true);

        Assert.That(decision.Events[^1].Remark, Is.EqualTo("asked for by mail"));
    }

    [TestCase(Column.Active, LicenseState.Active)]
    [TestCase(Column.FrozenByTheTerm, LicenseState.Active)]
    [TestCase(Column.FrozenByTheTermUnsettled, LicenseState.Active)]
    [TestCase(Column.FrozenByAnExpireCall, LicenseState.Frozen)]
    [TestCase(Column.FrozenByTheMarketplacesHold, LicenseState.Frozen)]
    [TestCase(Column.FrozenByAnOperatorsHold, LicenseState.Frozen)]
    public void AdminChange_LaterExpiry_AppliesAndTheFactsTellTheState(Column column, LicenseState state) =>
        // What the marketplace said is cleared only by a renewal, so its expire call goes on freezing.
        LifecycleAssert.Applied(
            Situation.Of(column), Calls.AdminChange(Next), state, LicenseEventType.Changed,
            license => license with { ExpiresAt = Next, EarlierExpiries = [End] }, newCode: true);

    [Test]
    public void AdminChange_SameExpiry_IsNotAnEarlierOne() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active), Calls.AdminChange(End, quantity: 6), LicenseState.Active, LicenseEventType.Changed,
            license => license with { Quantity = 6 }, newCode: true);

    [Test]
    public void AdminChange_ExpiryInThePast_IsFrozenAtOnce()
    {
        var given = Situation.Of(Column.Active);
        var past = given.Now.AddDays(-3);

        LifecycleAssert.Applied(
            given, Calls.AdminChange(past), LicenseState.Frozen, LicenseEventType.Changed,
            license => license with { ExpiresAt = past, EarlierExpiries = [End] }, newCode: true,
            after: (LicenseEventType.Frozen, given.Now));
    }

    [Test]
    public void AdminChange_PerpetualLicense_GetsAnExpiry() =>
        LifecycleAssert.Applied(
            Situation.Of(Column.Active, license => license.Perpetual()), Calls.AdminChange(Next), LicenseState.Active,
            LicenseEventType.Changed, license => license with { ExpiresAt = Next }, newCode: true);

    [TestCaseSource(nameof(Over))]
    public void AdminChange_Over_IsRefused(Column column) => LifecycleAssert.Refused(Situation.Of(column), Calls.AdminChange(Next));

    // An operator's answer is about the license, whether it is a test or not.
    [TestCaseSource(nameof(Over))]
    public void AdminFreeze_TestLicenseThatIsOver_IsRefusedToo(Column column) =>
        LifecycleAssert.Refused(Situation.Of(column, license => license.Test()), Calls.AdminFreeze);
}
