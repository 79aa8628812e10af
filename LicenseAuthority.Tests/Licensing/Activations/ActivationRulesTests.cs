using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing.Activations;

/// <summary>Who gets a place, at every instant that could be mistaken, and the times of the codes.</summary>
internal sealed class ActivationRulesTests
{
    private static readonly CallSource Source = new(CallSource.Licensee, "activate");
    private static readonly DateTimeOffset Now = LicenseBuilder.Start.AddDays(10);
    private static readonly License License = new LicenseBuilder().Build() with { Quantity = 1 };

    [TestCase(0, false)]
    [TestCase(-1, true)]
    public void HasPlaceAt_EndOfTheLease_IsHalfOpen(int ticksFromEnd, bool hasPlace)
    {
        var activation = Placed("act_1") with { LeaseUntil = Now };

        Assert.That(activation.HasPlaceAt(Now.AddTicks(ticksFromEnd)), Is.EqualTo(hasPlace));
    }

    [Test]
    public void HasPlaceAt_ClockGoesBack_ALeaseThatWasOverHoldsAgain() =>
        Assert.That((Placed("act_1") with { LeaseUntil = Now }).HasPlaceAt(Now.AddYears(-1)), Is.True);

    [Test]
    public void Activate_LeapDay_LeaseOfAYearEndsAtTheRightSecond()
    {
        var leapDay = new DateTimeOffset(2028, 2, 29, 23, 59, 59, TimeSpan.Zero);
        var perpetual = License with { ExpiresAt = null };

        var decision = Activate(perpetual, leapDay, lease: TimeSpan.FromDays(366));

        Assert.That(decision.Activation!.LeaseUntil, Is.EqualTo(new DateTimeOffset(2029, 3, 1, 23, 59, 59, TimeSpan.Zero)));
    }

    [Test]
    public void Activate_AtTheEndOfTheTerm_IsFrozenAndOneInstantBeforeNot()
    {
        Assert.That(Activate(License, LicenseBuilder.End).Outcome, Is.EqualTo(DeviceOutcome.Frozen));
        Assert.That(Activate(License, LicenseBuilder.End.AddTicks(-1)).Outcome, Is.EqualTo(DeviceOutcome.Activated));
    }

    [Test]
    public void Activate_NearTheEndOfTime_LeaseEndsWithIt()
    {
        var perpetual = License with { ExpiresAt = null };

        Assert.That(Activate(perpetual, LicenseTime.Latest, lease: TimeSpan.FromDays(366)).Activation!.LeaseUntil, Is.EqualTo(LicenseTime.Latest));
    }

    [TestCase(60, null, 60)]
    [TestCase(60, 3600, 60)]
    [TestCase(7200, 3600, 3600)]
    [TestCase(null, 3600, 3600)]
    [TestCase(null, null, null)]
    public void Activate_LeaseAskedForAndThatOfTheProduct_TheShorterCounts(int? asked, int? product, int? expected)
    {
        var decision = Activate(License, Now, Span(asked), Span(product));

        Assert.That(decision.Activation!.LeaseUntil, Is.EqualTo(expected is null ? null : Now.AddSeconds(expected.Value)));
    }

    [Test]
    public void Activate_LeaseOfAnotherIsOver_ItIsFreedAtItsEndAndBothAreEvents()
    {
        var over = Placed("act_over") with { LeaseUntil = Now.AddDays(-3) };

        var decision = Activate(License, Now, places: new PlacesAt(License, null, null, Taken: 0, Held: 1, over));

        Assert.That(decision.Freed, Is.EqualTo(over.Free(Now.AddDays(-3), FreedBy.Lease)));
        Assert.That(
            decision.Change!.Events.Select(happened => (happened.Type, happened.Remark)),
            Is.EqualTo([(LicenseEventType.Deactivated, "act_over"), (LicenseEventType.Activated, "act_new")]));
    }

    [Test]
    public void Activate_LeaseOfAnotherIsOverAndThereIsRoom_ItIsLeftAlone()
    {
        var roomy = License with { Quantity = 2 };

        Assert.That(Activate(roomy, Now, places: new PlacesAt(roomy, null, null, 0, 1, Placed("act_over") with { LeaseUntil = Now })).Freed, Is.Null);
    }

    [Test]
    public void Refresh_PlaceWasTakenAfterTheLease_IsFreedForThisDevice()
    {
        var over = Placed("act_1") with { Lease = TimeSpan.FromHours(1), LeaseUntil = Now.AddHours(-1) };

        var full = ActivationRules.Refresh(new PlacesAt(License, new(over, "code"), null, Taken: 1, Held: 2, over), null, Source, Now);
        var room = ActivationRules.Refresh(new PlacesAt(License, new(over, "code"), null, Taken: 0, Held: 1, over), null, Source, Now);

        Assert.That(full.Outcome, Is.EqualTo(DeviceOutcome.DeviceFreed));
        Assert.That((room.Outcome, room.Activation!.LeaseUntil), Is.EqualTo((DeviceOutcome.HasPlace, Now.AddHours(1))));
    }

    [Test]
    public void Refresh_ProductGotOrLostALease_CodeIsMadeAnew()
    {
        var without = Placed("act_1");
        var with = without with { LeaseUntil = Now.AddDays(1) };

        Assert.That(Refresh(without, TimeSpan.FromHours(1)).Activation!.LeaseUntil, Is.EqualTo(Now.AddHours(1)));
        Assert.That(Refresh(with, null).Activation!.LeaseUntil, Is.Null);
        Assert.That(Refresh(without, null).Change, Is.Null);
    }

    // After a restore a device was given the code that lists call Revoked for ever.
    [Test]
    public void Refresh_NewestCodeIsOver_IsMadeAnewForTheDeviceAndForWhoeverAsksOnIt()
    {
        var device = new ActivationWithCode(Placed("act_1"), "code") { IsCodeOver = true };

        var refreshed = ActivationRules.Refresh(new PlacesAt(License, device, null, 1, 1, null), null, Source, Now);
        var activated = Activate(License, Now, places: new PlacesAt(License, null, device, 1, 1, null));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((refreshed.Outcome, refreshed.Change?.NeedsCode), Is.EqualTo((DeviceOutcome.HasPlace, true)));
            Assert.That((activated.Outcome, activated.Change?.NeedsCode), Is.EqualTo((DeviceOutcome.HasPlace, true)));
            Assert.That(refreshed.Activation!.Generation, Is.EqualTo(refreshed.Change!.After.Generation));
        }
    }

    [Test]
    public void Refresh_NewestCodeIsOverAndTheDeviceWasFreed_StaysFreed() => Assert.That(
        ActivationRules.Refresh(
            new PlacesAt(License, new(Placed("act_1").Free(Now, FreedBy.Device), "code") { IsCodeOver = true }, null, 0, 0, null), null, Source, Now).Outcome,
        Is.EqualTo(DeviceOutcome.DeviceFreed));

    // A lease of a clock that was ten years ahead was never renewed, and one that the product had made shorter ran to its old end.
    [TestCase(3650)]
    [TestCase(30)]
    public void Refresh_LeaseEndsLaterThanAnyMayNow_IsCut(int daysLeft)
    {
        var perpetual = License with { ExpiresAt = null };
        var ahead = Placed("act_1") with { Lease = TimeSpan.FromDays(60), LeaseUntil = Now.AddDays(daysLeft) };

        var decision = ActivationRules.Refresh(new PlacesAt(perpetual, new(ahead, "code"), null, 1, 1, null), TimeSpan.FromHours(1), Source, Now);

        Assert.That(decision.Change, Is.Not.Null);
        Assert.That(decision.Activation!.LeaseUntil, Is.EqualTo(Now.AddHours(1)));
    }

    // Of two nodes one may be seconds behind.
    [TestCase(60, false)]
    [TestCase(61, true)]
    public void Refresh_LeaseEndsLittleLaterThanAnyMayNow_IsLeftAlone(int secondsTooLate, bool isCut)
    {
        var leased = Placed("act_1") with { Lease = TimeSpan.FromHours(1), LeaseUntil = Now.AddHours(1).AddSeconds(secondsTooLate) };

        Assert.That(Refresh(leased, null).Change is not null, Is.EqualTo(isCut));
    }

    // A hold was no hold for software that has no list: its lease went on.
    [Test]
    public void Refresh_LicenseIsFrozen_LeaseIsNotProlonged()
    {
        var frozen = License with { HoldAdmin = new Hold(Now, "disputed") };
        var leased = Placed("act_1") with { Lease = TimeSpan.FromHours(1), LeaseUntil = Now.AddMinutes(10) };

        var due = RefreshOf(frozen, new(leased, "code"));
        var over = RefreshOf(frozen, new(leased with { LeaseUntil = Now }, "code"));
        var changed = RefreshOf(frozen with { UnboundGeneration = 3, Generation = 3 }, new(leased, "code"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((due.Outcome, due.Change, due.Activation), Is.EqualTo((DeviceOutcome.HasPlace, (LicenseDecision?)null, leased)));
            Assert.That((over.Outcome, over.Change), Is.EqualTo((DeviceOutcome.HasPlace, (LicenseDecision?)null)));
            Assert.That((changed.Activation!.Generation, changed.Activation.LeaseUntil), Is.EqualTo((4, leased.LeaseUntil)), "another code, no more time");
            Assert.That(Refresh(leased, null).Activation!.LeaseUntil, Is.EqualTo(Now.AddHours(1)), "and it is, while the license is Active");
        }

        static DeviceDecision RefreshOf(License license, ActivationWithCode device) =>
            ActivationRules.Refresh(new PlacesAt(license, device, null, 1, 1, null), null, Source, Now);
    }

    // A clock that was ten years ahead kept a lost device for ten years.
    [Test]
    public void Free_LostDeviceWasSeenInTheFuture_CountsAsSeenNow()
    {
        var ahead = Placed("act_1") with { LastSeenAt = Now.AddYears(10) };
        var command = new FreeDevice(License.Id, "act_1", new FreeRight.OfLicense(TimeSpan.FromDays(30)), Source);

        var decision = ActivationRules.Free(command, new FreesSince(License, ahead, null), Now);

        Assert.That((decision.Outcome, decision.LostAt), Is.EqualTo((DeviceOutcome.NotYours, (DateTimeOffset?)Now.AddDays(30))));
    }

    // A theft of a key prolonged every lease, and no place became free when it should have.
    [Test]
    public void Reissue_LeasedDevice_LeaseEndsWhenItDidAndTheDeviceWasNotSeen()
    {
        var leased = Placed("act_1") with { Lease = TimeSpan.FromHours(1), LeaseUntil = Now.AddMinutes(10) };

        var decision = ActivationRules.Reissue(new PlacesAt(License, new(leased, "code"), null, 0, 0, null), leased.Generation, Source, "theft", Now);

        Assert.That(decision.Change!.NeedsCode, Is.True);
        Assert.That((decision.Activation!.LeaseUntil, decision.Activation.LastSeenAt), Is.EqualTo((leased.LeaseUntil, leased.LastSeenAt)));
    }

    // Hundreds that came at once each led by one more second, until the twenty-third hour was full.
    [Test]
    public void CodeTime_ManyDevicesWithinASecond_NoneLeadsByMoreThanAMinuteAndEachDevicesOwnRises()
    {
        var last = Now;
        var ofDevices = new Dictionary<int, DateTimeOffset>();
        for (var i = 0; i < 2000; i++)
        {
            var device = i % 700;
            var next = CodeTime.NextOfDevice(last, ofDevices.TryGetValue(device, out var own) ? own : null, Now);
            Assert.That(next, Is.GreaterThanOrEqualTo(last), "a later code is never earlier: it would be void");
            if (ofDevices.ContainsKey(device))
            {
                Assert.That(next, Is.GreaterThan(own));
            }

            ofDevices[device] = last = next;
        }

        Assert.That(last - Now, Is.LessThanOrEqualTo(CodeTime.NoticedLead + TimeSpan.FromSeconds(3)));
    }

    [Test]
    public void CodeTime_LastCodeOfAClockThatWasFarAhead_TakesTheClocksTime()
    {
        var ahead = Now + CodeTime.LongestLead + TimeSpan.FromSeconds(1);

        Assert.That(CodeTime.NextOfDevice(ahead, null, Now), Is.EqualTo(LicenseTime.CutToSecond(Now)));
        Assert.That(CodeTime.NextOfDevice(Now.AddHours(5), null, Now), Is.EqualTo(Now.AddHours(5)), "followed, and shared");
        Assert.That(CodeTime.NextOfDevice(Now.AddHours(5), Now.AddHours(5), Now), Is.EqualTo(Now.AddHours(5).AddSeconds(1)));
    }

    [TestCase(-1, DeviceOutcome.TooManyFrees)]
    [TestCase(0, DeviceOutcome.Freed)]
    public void Free_AtTheEndOfTheWindow_IsAllowedAgain(int ticks, DeviceOutcome outcome)
    {
        var command = new FreeDevice(License.Id, "act_1", new FreeRight.OfDevice("act_1"), Source);

        var decision = ActivationRules.Free(command, new FreesSince(License, Placed("act_1"), Now - ActivationRules.FreeWindow), Now.AddTicks(ticks));

        Assert.That(decision.Outcome, Is.EqualTo(outcome));
    }

    [TestCase(0, DeviceOutcome.Freed)]
    [TestCase(1, DeviceOutcome.TooManyFrees)]
    public void Free_ADayBeforeTheEndOfTheLease_IsNeitherLimitedNorCounted(int ticks, DeviceOutcome outcome)
    {
        var leased = Placed("act_1") with { LeaseUntil = Now.AddHours(24).AddTicks(ticks) };
        var command = new FreeDevice(License.Id, "act_1", new FreeRight.OfDevice("act_1"), Source);

        var decision = ActivationRules.Free(command, new FreesSince(License, leased, Now), Now);

        Assert.That((decision.Outcome, decision.Freed?.FreedByWhom), Is.EqualTo((outcome, outcome == DeviceOutcome.Freed ? "session" : null)));
    }

    // By the license's code somebody else's place is given up: that counts whatever lease it had.
    [Test]
    public void Free_ALostDeviceByTheLicensesCode_IsLimitedWithALeaseToo()
    {
        var leased = Placed("act_1") with { LeaseUntil = Now.AddHours(1), LastSeenAt = Now.AddDays(-40) };
        var command = new FreeDevice(License.Id, "act_1", new FreeRight.OfLicense(TimeSpan.FromDays(30)), Source);

        Assert.That(ActivationRules.Free(command, new FreesSince(License, leased, Now), Now).Outcome, Is.EqualTo(DeviceOutcome.TooManyFrees));
    }

    // A simple model beside the rules: a set of places with their ends, and no more.
    [Test]
    public void Property_AnyOrderOfCalls_PlacesNeverExceedTheQuantityAndAgreeWithAModel([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        var license = License with { Quantity = random.Next(1, 5), ExpiresAt = null };
        var all = new List<Activation>();
        var model = new Dictionary<string, (string Device, DateTimeOffset? Until)>();
        var now = Now;
        for (var step = 0; step < 200; step++)
        {
            now = now.AddSeconds(random.Next(0, 90));
            var device = $"device {random.Next(8)}";
            var held = all.FindAll(each => each.FreedAt is null);
            var taken = held.Count(each => each.HasPlaceAt(now));
            var same = held.Find(each => each.IsOn([device]));
            var over = held.FindAll(each => !each.HasPlaceAt(now)).MinBy(each => each.LeaseUntil);
            var living = model.Count(each => !(each.Value.Until <= now));
            DeviceDecision decision;
            if (random.Next(4) > 0)
            {
                TimeSpan? lease = random.Next(2) == 0 ? null : TimeSpan.FromSeconds(random.Next(60, 300));
                var command = new ActivateDevice(license.Id, null, license.Product, [device], 1, Source) { Lease = lease };
                decision = ActivationRules.Activate(
                    command, new PlacesAt(license, null, same is null ? null : new(same, "code"), taken, held.Count, over), null, $"act_{step}", now);
                var known = model.FirstOrDefault(each => each.Value.Device == device);
                var mayHave = known.Key is not null && !(known.Value.Until <= now) || living < license.Quantity;
                Assert.That(decision.Outcome == DeviceOutcome.NoSeatLeft, Is.EqualTo(!mayHave), $"step {step}");
                Assert.That(decision.Outcome == DeviceOutcome.Activated, Is.EqualTo(mayHave && known.Key is null), $"step {step}");
            }
            else if (same is not null)
            {
                decision = ActivationRules.Free(
                    new FreeDevice(license.Id, same.Id, new FreeRight.OfDevice(same.Id), Source), new FreesSince(license, same, null), now);
                Assert.That(decision.Outcome, Is.EqualTo(DeviceOutcome.Freed));
            }
            else
            {
                continue;
            }

            if (decision.Freed is { } freed)
            {
                all[all.FindIndex(each => each.Id == freed.Id)] = freed;
                model.Remove(freed.Id);
            }

            if (decision is { Change: not null, Activation: { } placed })
            {
                all.RemoveAll(each => each.Id == placed.Id);
                all.Add(placed);
                model[placed.Id] = (device, placed.LeaseUntil);
            }

            license = decision.Change?.After ?? license;
            Assert.That(all.Count(each => each.HasPlaceAt(now)), Is.LessThanOrEqualTo(license.Quantity));
            Assert.That(all.Where(each => each.FreedAt is null).Select(each => each.Id), Is.EquivalentTo(model.Keys));
            Assert.That(all.Count(each => each.FreedAt is null && each.IsOn([device])), Is.LessThanOrEqualTo(1), "one device, one place");
        }
    }

    private static DeviceDecision Activate(
        License license, DateTimeOffset now, TimeSpan? lease = null, TimeSpan? productLease = null, PlacesAt? places = null) => ActivationRules.Activate(
            new ActivateDevice(license.Id, null, license.Product, ["id"], 1, Source) { Lease = lease },
            places ?? new PlacesAt(license, null, null, 0, 0, null),
            productLease,
            "act_new",
            now);

    private static DeviceDecision Refresh(Activation activation, TimeSpan? productLease) =>
        ActivationRules.Refresh(new PlacesAt(License, new(activation, "code"), null, 1, 1, null), productLease, Source, Now);

    private static Activation Placed(string id) => new()
    {
        Id = id,
        LicenseId = License.Id,
        DeviceIds = ["id"],
        Required = 1,
        ActivatedAt = LicenseBuilder.Start,
        LastSeenAt = LicenseBuilder.Start,
        Generation = 2,
        CodeIssuedAt = LicenseBuilder.Start.AddSeconds(1),
    };

    private static TimeSpan? Span(int? seconds) => seconds is { } given ? TimeSpan.FromSeconds(given) : null;
}
