using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing.Activations;

/// <summary>Codes that a marketplace asks for in the name of a device: which term they get, and what is refused.</summary>
internal sealed class CodeRequestRulesTests
{
    private static readonly CallSource Source = new(CallSource.Marketplace, "request");
    private static readonly DateTimeOffset Now = LicenseBuilder.Start.AddDays(10);
    private static readonly License Real = new LicenseBuilder().Build() with { Quantity = 1 };
    private static readonly License Test = new LicenseBuilder().Test().Build() with { Quantity = 1 };

    // Seconds from the start of the license to the asked start, and from its end to the asked end.
    [TestCase(0, 0, DeviceOutcome.Activated)]
    [TestCase(-24 * 3600, 0, DeviceOutcome.Activated)]
    [TestCase((-24 * 3600) - 1, 0, DeviceOutcome.OutsideTerm)]
    [TestCase(0, 1, DeviceOutcome.OutsideTerm)]
    [TestCase(0, -1, DeviceOutcome.Activated)]
    public void Request_TermAskedFor_BordersAreIncluded(int start, int end, DeviceOutcome expected) => Assert.That(
        Ask(Real, Now, startsAt: LicenseBuilder.Start.AddSeconds(start), endsAt: LicenseBuilder.End.AddSeconds(end)).Outcome, Is.EqualTo(expected));

    [Test]
    public void Request_FractionOfASecondBehindTheEnd_CountsAsTheEnd()
    {
        var decision = Ask(Real, Now, endsAt: LicenseBuilder.End.AddMilliseconds(999));

        Assert.That((decision.Outcome, decision.Activation!.EndsAt), Is.EqualTo((DeviceOutcome.Activated, (DateTimeOffset?)null)));
    }

    [Test]
    public void Request_EndBeforeTheStart_IsOutsideTheTerm()
    {
        Assert.That(Ask(Real, Now, startsAt: Now.AddDays(2), endsAt: Now.AddDays(2)).Outcome, Is.EqualTo(DeviceOutcome.OutsideTerm));

        // An earlier start counts as the license's own: the code was over before it was made.
        Assert.That(
            Ask(Real, Now, startsAt: Real.StartsAt.AddHours(-20), endsAt: Real.StartsAt.AddHours(-1)).Outcome, Is.EqualTo(DeviceOutcome.OutsideTerm));
        Assert.That(Ask(Real, Now, startsAt: Now.AddDays(2), endsAt: Now.AddDays(2).AddSeconds(1)).Outcome, Is.EqualTo(DeviceOutcome.Activated));
    }

    [Test]
    public void Request_EndOfTheOrders_IsTheEndOfTheLicenseWithItsTolerance()
    {
        var tolerant = Real with { Tolerance = TimeSpan.FromDays(30) };

        var atExpiry = Ask(tolerant, Now, endsAt: LicenseBuilder.End);
        var between = Ask(tolerant, Now, endsAt: LicenseBuilder.End.AddDays(7));
        var after = Ask(tolerant, Now, endsAt: LicenseBuilder.End.AddDays(31));

        Assert.That(atExpiry.Activation!.BindingOn(tolerant).EndsAt, Is.Null, "as the license");
        Assert.That(between.Activation!.BindingOn(tolerant).EndsAt, Is.EqualTo(LicenseBuilder.End.AddDays(7)));
        Assert.That(after.Outcome, Is.EqualTo(DeviceOutcome.OutsideTerm));
    }

    [Test]
    public void Request_EarlierEndAndLaterStart_AreThoseOfTheCode()
    {
        var decision = Ask(Real, Now, startsAt: Now.AddDays(3), endsAt: Now.AddDays(30));

        Assert.That(
            decision.Activation!.BindingOn(Real),
            Has.Property("StartsAt").EqualTo(Now.AddDays(3)).And.Property("EndsAt").EqualTo(Now.AddDays(30)).And.Property("LeaseUntil").Null);
    }

    [Test]
    public void Request_TermWasShortenedSince_ItsNextCodeEndsWithTheLicense()
    {
        var activation = Ask(Real, Now, endsAt: LicenseBuilder.End.AddDays(-10)).Activation!;

        Assert.That(activation.BindingOn(Real with { ExpiresAt = LicenseBuilder.End.AddDays(-20) }).EndsAt, Is.Null);
    }

    [Test]
    public void Request_PerpetualLicense_EndMayBeMissingOrAny()
    {
        var perpetual = Real with { ExpiresAt = null };

        Assert.That(Ask(perpetual, Now).Activation!.EndsAt, Is.Null);
        Assert.That(Ask(perpetual, Now, endsAt: Now.AddYears(900)).Activation!.EndsAt, Is.EqualTo(Now.AddYears(900)));
    }

    [Test]
    public void Request_WithoutEnd_OfALicenseThatEnds_IsRefused_OnATestLicenseToo([Values] bool test) =>
        Assert.That(Ask(test ? Test : Real, Now).Outcome, Is.EqualTo(DeviceOutcome.NoEnd));

    [Test]
    public void Request_WithoutDevice_IsRefused_OnATestLicenseToo([Values] bool test) =>
        Assert.That(Ask(test ? Test : Real, Now, endsAt: LicenseBuilder.End, deviceId: null).Outcome, Is.EqualTo(DeviceOutcome.NoDevice));

    [Test]
    public void Request_Frozen_IsServedBeforeItsEnd_AndReleasedOrRevokedIsNot()
    {
        License held = new LicenseBuilder().HeldByAnOperator(Now.AddDays(-1));
        License expired = new LicenseBuilder().ExpiredByTheMarketplace(Now.AddDays(-1));
        License released = new LicenseBuilder().Released(ReleasedBy.Marketplace, Now.AddDays(-1));
        License revoked = new LicenseBuilder().Revoked(Now.AddDays(-1));

        Assert.That(Ask(held, Now, endsAt: LicenseBuilder.End).Outcome, Is.EqualTo(DeviceOutcome.Activated));
        Assert.That(Ask(expired, Now, endsAt: LicenseBuilder.End).Outcome, Is.EqualTo(DeviceOutcome.Activated));
        Assert.That(Ask(released, Now, endsAt: LicenseBuilder.End).Outcome, Is.EqualTo(DeviceOutcome.Over));
        Assert.That(Ask(revoked, Now, endsAt: LicenseBuilder.End).Outcome, Is.EqualTo(DeviceOutcome.Over));
    }

    [TestCase(0, DeviceOutcome.OutsideTerm)]
    [TestCase(-1, DeviceOutcome.Activated)]
    public void Request_AtTheEndOfTheTerm_IsOutsideIt(int ticksFromEnd, DeviceOutcome expected) =>
        Assert.That(Ask(Real, LicenseBuilder.End.AddTicks(ticksFromEnd), startsAt: Now, endsAt: LicenseBuilder.End).Outcome, Is.EqualTo(expected));

    [Test]
    public void Request_AllPlacesTaken_IsRefused_AndADeviceThatHasOneIsNot()
    {
        var full = new PlacesAt(Real, null, null, Taken: 1, Held: 1, null);

        Assert.That(Ask(Real, Now, endsAt: LicenseBuilder.End, places: full).Outcome, Is.EqualTo(DeviceOutcome.NoSeatLeft));
        Assert.That(Ask(Real, Now, endsAt: LicenseBuilder.End, places: full with { Same = Placed("act_1") }).Outcome, Is.EqualTo(DeviceOutcome.HasPlace));
    }

    [Test]
    public void Request_LeaseOfTheDeviceIsOver_ItNeedsAFreePlace()
    {
        var over = Placed("act_1", leaseUntil: Now);

        var refused = Ask(Real, Now, endsAt: LicenseBuilder.End, places: new PlacesAt(Real, null, over, Taken: 1, Held: 2, over.Activation));
        var served = Ask(Real, Now, endsAt: LicenseBuilder.End, places: new PlacesAt(Real, null, over, Taken: 0, Held: 1, over.Activation));

        Assert.That(refused.Outcome, Is.EqualTo(DeviceOutcome.NoSeatLeft));
        Assert.That((served.Outcome, served.Activation!.LeaseUntil, served.Freed), Is.EqualTo((DeviceOutcome.HasPlace, (DateTimeOffset?)null, (Activation?)null)));
    }

    [Test]
    public void Request_SameRequestAgain_IsItsOwnCode_WhateverIsAskedNow()
    {
        var served = Ask(Real, Now, endsAt: LicenseBuilder.End).Activation!;

        var again = Ask(
            Real, Now.AddDays(1), startsAt: Now.AddYears(-9), endsAt: LicenseBuilder.End.AddYears(9),
            places: new PlacesAt(Real, new ActivationWithCode(served, "code"), null, Taken: 1, Held: 1, null));

        Assert.That((again.Outcome, again.Change, again.Activation), Is.EqualTo((DeviceOutcome.HasPlace, (LicenseDecision?)null, served)));
    }

    [Test]
    public void Request_DeviceWasFreed_AsksForAPlaceAnew()
    {
        var freed = Ask(Real, Now, endsAt: LicenseBuilder.End).Activation!.Free(Now, FreedBy.License);

        var again = Ask(Real, Now, endsAt: LicenseBuilder.End, places: new PlacesAt(Real, new ActivationWithCode(freed, "code"), null, 0, 0, null));
        var full = Ask(Real, Now, endsAt: LicenseBuilder.End, places: new PlacesAt(Real, new ActivationWithCode(freed, "code"), null, 1, 1, null));

        Assert.That((again.Outcome, again.Activation!.Id, again.Deliver), Is.EqualTo((DeviceOutcome.Activated, "act_new", true)));
        Assert.That(full.Outcome, Is.EqualTo(DeviceOutcome.NoSeatLeft));
    }

    [Test]
    public void Request_ItsCodeIsRevokedForEver_GetsAnother()
    {
        var served = Ask(Real, Now, endsAt: LicenseBuilder.End).Activation!;
        var over = new ActivationWithCode(served, "code") { IsCodeOver = true };

        var again = Ask(Real, Now, endsAt: LicenseBuilder.End, places: new PlacesAt(Real, over, over, 0, 0, null));

        Assert.That((again.Outcome, again.Activation!.Id, again.Change is not null, again.Deliver), Is.EqualTo((DeviceOutcome.HasPlace, served.Id, true, true)));
    }

    // Debug cases are replayed twice a day with the dates and devices of the first time.
    [Test]
    public void Request_TestLicense_NeitherStateNorTermNorPlacesRefuse()
    {
        License[] states =
        [
            Test,
            new LicenseBuilder().Test().Released(ReleasedBy.Marketplace, Now.AddDays(-1)),
            new LicenseBuilder().Test().ReleasedByTheClock(),
            new LicenseBuilder().Test().Revoked(Now.AddDays(-1)),
            new LicenseBuilder().Test().HeldByTheMarketplace(Now.AddDays(-1)),
        ];
        foreach (var license in states)
        {
            var full = new PlacesAt(license, null, null, Taken: license.Quantity, Held: license.Quantity, null);
            var decision = Ask(license, LicenseBuilder.GraceEnd.AddYears(1), startsAt: Now.AddYears(-3), endsAt: Now.AddYears(3), places: full);

            Assert.That((decision.Outcome, decision.Change!.After.RecordedState is LicenseState.Active), Is.EqualTo((DeviceOutcome.Activated, false)));
            Assert.That(decision.Activation!.BindingOn(license).EndsAt, Is.EqualTo(Now.AddYears(3)), "the end that was asked for");
        }
    }

    [Test]
    public void Request_TestLicense_StartBehindTheEnd_IsNoStart() =>
        Assert.That(Ask(Test, Now, startsAt: Now.AddDays(9), endsAt: Now.AddDays(1)).Activation!.StartsAt, Is.Null);

    // The product's lease is no matter of a marketplace that asked for a term.
    [Test]
    public void Refresh_OfARequestedCode_GetsNoLeaseAndKeepsTheTerm()
    {
        var requested = Ask(Real, Now, startsAt: Now.AddDays(1), endsAt: Now.AddDays(30)).Activation!;
        var newer = Real with { Generation = 9, UnboundGeneration = 9 };

        var refreshed = ActivationRules.Refresh(
            new PlacesAt(newer, new ActivationWithCode(requested, "code"), null, 0, 0, null), TimeSpan.FromHours(1), Source, Now.AddDays(2));
        var unchanged = ActivationRules.Refresh(
            new PlacesAt(Real, new ActivationWithCode(requested, "code"), null, 0, 0, null), TimeSpan.FromHours(1), Source, Now.AddDays(2));

        Assert.That(refreshed.Activation!.BindingOn(newer), Has.Property("EndsAt").EqualTo(Now.AddDays(30)).And.Property("LeaseUntil").Null);
        Assert.That((refreshed.Change is not null, refreshed.Deliver, unchanged.Change), Is.EqualTo((true, false, (LicenseDecision?)null)));
    }

    [Test]
    public void Reissue_OfARequestedCode_GoesToTheMarketplaceAgain()
    {
        var requested = Ask(Real, Now, endsAt: LicenseBuilder.End).Activation!;

        var reissued = ActivationRules.Reissue(
            new PlacesAt(Real, new ActivationWithCode(requested, "code"), null, 0, 0, null), requested.Generation, Source, "the key was revoked", Now);

        Assert.That((reissued.Deliver, reissued.Activation!.Request), Is.EqualTo((true, requested.Request)));
    }

    private static DeviceDecision Ask(
        License license, DateTimeOffset now, DateTimeOffset? startsAt = null, DateTimeOffset? endsAt = null, string? deviceId = "device-1", PlacesAt? places = null) =>
        ActivationRules.Request(
            new RequestCode(new LicenseTarget(license.Id), "event-1", deviceId, startsAt ?? now, endsAt, Source), places ?? new PlacesAt(license, null, null, 0, 0, null), "act_new", now);

    private static ActivationWithCode Placed(string id, DateTimeOffset? leaseUntil = null) => new(
        new Activation
        {
            Id = id,
            LicenseId = Real.Id,
            DeviceIds = ["device-1"],
            Required = 1,
            ActivatedAt = Now.AddDays(-1),
            LastSeenAt = Now.AddDays(-1),
            LeaseUntil = leaseUntil,
            Generation = 2,
            CodeIssuedAt = Now.AddDays(-1),
        },
        "code");
}
