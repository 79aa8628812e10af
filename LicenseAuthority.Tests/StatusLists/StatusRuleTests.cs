using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.StatusLists;

/// <summary>Which entry a code has: the first line that matches, judged from the facts of the license.</summary>
internal sealed class StatusRuleTests
{
    private static readonly License Active = new LicenseBuilder().Build() with
    {
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(TestCodes.ExpiresAt), Quantity = 5,
        Entitlements = Granted(("edition", new EntitlementValue.Text("pro")), ("seats", new EntitlementValue.Number(5))),
    };

    private static readonly License Frozen = Active with { RecordedState = LicenseState.Frozen };
    private static readonly License Released = Active with { RecordedState = LicenseState.Released };
    private static readonly License Revoked = Active with { RecordedState = LicenseState.Revoked };

    [Test]
    public void Of_StatesOfTheLicense_AreInvalidSuspendedOrValid()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Entry(Active, Code()), Is.EqualTo(StatusEntry.Valid));
            Assert.That(Entry(Frozen, Code()), Is.EqualTo(StatusEntry.Suspended));
            Assert.That(Entry(Released, Code()), Is.EqualTo(StatusEntry.Invalid));
            Assert.That(Entry(Revoked, Code()), Is.EqualTo(StatusEntry.Invalid));
        }
    }

    [Test]
    public void Of_EntryThatIsOverForGood_IsInvalidWhateverTheLicenseIs()
    {
        foreach (var license in (License[])[Active, Frozen, Released, Revoked])
        {
            Assert.That(Entry(license, Code() with { IsOver = true }), Is.EqualTo(StatusEntry.Invalid));
        }
    }

    [Test]
    public void Of_CodeWithATimeAheadOfThatOfALaterCode_IsInvalidAndTheLaterOneIsNot()
    {
        var ahead = Code() with { IssuedAt = LicenseBuilder.Start.AddYears(1) };

        var entries = StatusRule.Of(new LicenseEntries(Active, [Code(), ahead, Code() with { IssuedAt = LicenseBuilder.Start.AddDays(1) }]));

        Assert.That(entries, Is.EqualTo([StatusEntry.Valid, StatusEntry.Invalid, StatusEntry.Valid]));
    }

    // Codes of devices that are activated at once share a second: none of them is void for that.
    [Test]
    public void Of_CodesWithTheSameTime_AreValid()
    {
        var entries = StatusRule.Of(new LicenseEntries(Active, [Code(), Code(), Code()]));

        Assert.That(entries, Is.All.EqualTo(StatusEntry.Valid));
    }

    [Test]
    public void Of_CodeThatGrantsMoreThanItsLicense_IsInvalidAlsoWhileThatIsFrozen()
    {
        License[] less =
        [
            Active with { ExpiresAt = Active.ExpiresAt!.Value.AddSeconds(-1) },
            Active with { Quantity = 4 },
            Active with { Entitlements = Entitlements.None },
            Active with { Entitlements = Granted(("edition", new EntitlementValue.Text("home")), ("seats", new EntitlementValue.Number(5))) },
            Active with { Entitlements = Granted(("edition", new EntitlementValue.Text("pro")), ("seats", new EntitlementValue.Number(4))) },
            Active with { Entitlements = Granted(("edition", new EntitlementValue.Text("pro")), ("seats", new EntitlementValue.Flag(true))) },
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (var license in less)
            {
                Assert.That(Entry(license, Code()), Is.EqualTo(StatusEntry.Invalid), license.ToString());
                Assert.That(Entry(license with { RecordedState = LicenseState.Frozen }, Code()), Is.EqualTo(StatusEntry.Invalid), license.ToString());
            }
        }
    }

    [Test]
    public void Of_LicenseThatGrantsMoreThanItsCode_IsValid()
    {
        License[] more =
        [
            Active with { ExpiresAt = null },
            Active with { Quantity = 6 },
            Active with { Tolerance = TimeSpan.FromDays(1) },
            Active with { Entitlements = Granted(("edition", new EntitlementValue.Text("pro")), ("seats", new EntitlementValue.Number(6)), ("x", new EntitlementValue.Flag(true))) },
        ];

        Assert.That(more.Select(license => Entry(license, Code())), Is.All.EqualTo(StatusEntry.Valid));
    }

    [Test]
    public void Of_PerpetualCodeOfALicenseThatEndsNow_IsInvalid() =>
        Assert.That(Entry(Active, Code(TestCodes.Valid().Without("exp"))), Is.EqualTo(StatusEntry.Invalid));

    [TestCase("true", false, true)]
    [TestCase("true", null, true)]
    [TestCase("false", null, false)]
    [TestCase("true", true, false)]
    public void Of_Flag_CountsWhenItIsSet(string code, bool? license, bool isMore) =>
        AssertEntitlement($"{{\"x\":{code}}}", license is { } flag ? new EntitlementValue.Flag(flag) : null, isMore);

    [TestCase("[\"a\",\"b\"]", "b,a,c", false)]
    [TestCase("[\"a\",\"b\"]", "a", true)]
    [TestCase("[]", "", false)]
    public void Of_List_CountsWhatTheLicenseLacks(string code, string license, bool isMore) =>
        AssertEntitlement($"{{\"x\":{code}}}", new EntitlementValue.List([.. license.Split(',', StringSplitOptions.RemoveEmptyEntries)]), isMore);

    // The rule of the issue once more, the slow way, over many licenses with many codes.
    [Test]
    public void Of_AnyLicense_IsTheFirstLineThatMatches()
    {
        var random = new Random(20261126);
        for (var round = 0; round < 300; round++)
        {
            var license = Active with
            {
                RecordedState = (LicenseState)random.Next(4),
                ExpiresAt = random.Next(4) == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(TestCodes.ExpiresAt + random.Next(-1, 2)),
                Quantity = random.Next(4, 7),
                Entitlements = Granted(("seats", new EntitlementValue.Number(random.Next(4, 7)))),
            };
            var codes = Enumerable.Range(0, random.Next(1, 6)).Select(_ =>
            {
                var (ends, quantity, seats) = (random.Next(-1, 2), random.Next(4, 7), random.Next(4, 7));
                var code = Code(TestCodes.Valid().With("exp", TestCodes.ExpiresAt + ends).With("qty", quantity).With("ent", $"{{\"seats\":{seats}}}")) with
                {
                    IssuedAt = LicenseBuilder.Start.AddSeconds(random.Next(6)), IsOver = random.Next(8) == 0,
                };
                return (Code: code, Ends: DateTimeOffset.FromUnixTimeSeconds(TestCodes.ExpiresAt + ends), Quantity: quantity, Seats: seats);
            }).ToList();
            var has = ((EntitlementValue.Number)license.Entitlements.Values["seats"]).Value;
            var expected = codes.Select((code, i) =>
                code.Code.IsOver
                || codes.Skip(i + 1).Any(later => later.Code.IssuedAt < code.Code.IssuedAt)
                || license.RecordedState is LicenseState.Released or LicenseState.Revoked
                || code.Ends > license.ExpiresAt || code.Quantity > license.Quantity || code.Seats > has
                    ? StatusEntry.Invalid
                    : license.RecordedState == LicenseState.Frozen ? StatusEntry.Suspended : StatusEntry.Valid);

            Assert.That(StatusRule.Of(new LicenseEntries(license, codes.ConvertAll(code => code.Code))), Is.EqualTo(expected), $"round {round}");
        }
    }

    private static void AssertEntitlement(string code, EntitlementValue? license, bool isMore)
    {
        var has = Active with { Entitlements = license is null ? Entitlements.None : Granted(("x", license)) };
        Assert.That(Entry(has, Code(TestCodes.Valid().With("ent", code))), Is.EqualTo(isMore ? StatusEntry.Invalid : StatusEntry.Valid));
    }

    private static Entitlements Granted(params (string Name, EntitlementValue Value)[] values) =>
        Entitlements.Create(values.Select(value => KeyValuePair.Create(value.Name, value.Value)));

    private static ListedCode Code(TestCodes? code = null) => new(1, 0, LicenseBuilder.Start, IsOver: false, (code ?? TestCodes.Valid()).Build());

    private static StatusEntry Entry(License license, ListedCode code) => StatusRule.Of(new LicenseEntries(license, [code])).Single();
}
