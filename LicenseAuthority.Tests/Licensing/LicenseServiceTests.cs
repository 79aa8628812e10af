using System.Globalization;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.Products;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Each use case and each race of it, over a store in memory: who is overtaken begins anew, and nothing is answered that is not stored.</summary>
internal sealed class LicenseServiceTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Now.AddYears(1);
    private static readonly TimeSpan Grace = TimeSpan.FromDays(15);
    private static readonly TimeSpan OddTicks = TimeSpan.FromTicks(1_234_567);
    private static readonly OrderKey Order = new("default", Test: false, "CS1", "", "OFFI1");

    private FakeTimeProvider _time = null!;
    private MemoryLicenseStore _store = null!;
    private CountingSigner _signer = null!;
    private RecordedLogs _logs = null!;
    private LoggerFactory _loggers = null!;
    private LicenseService _service = null!;

    [SetUp]
    public void Start()
    {
        _time = new FakeTimeProvider(Now + OddTicks);
        _store = new MemoryLicenseStore(_time);
        _signer = new CountingSigner();
        _logs = new RecordedLogs();
        _loggers = new LoggerFactory([_logs]);
        _service = CreateService();
    }

    [TearDown]
    public void Stop()
    {
        _loggers.Dispose();
        _logs.Dispose();
    }

    // ---- what is answered carries what a door shows

    [Test]
    public async Task Issue_NewOrder_AnswersTheLicenseWithItsCodeAndOrder()
    {
        var result = await IssueAsync(Asked());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(result.Record!.License, Is.EqualTo(_store.Only));
            Assert.That(result.Record.CodeText, Is.EqualTo($"code 1 of {_store.Only.Id}"));
            Assert.That(result.Record.Orders.Select(order => (order.OrderId, order.Scene)), Is.EqualTo([("CS1", (string?)null)]));
        }
    }

    [Test]
    public async Task Issue_IdWasAllottedBefore_LicenseHasIt([Values] bool trial)
    {
        _store.PendingIds.Add("lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB");

        var result = await IssueAsync(Asked() with { LicenseId = "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB", Trial = trial });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Record!.License.Id, Is.EqualTo("lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB"));
            Assert.That(_store.Only.Trial, Is.EqualTo(trial));
        }
    }

    [Test]
    public async Task Issue_AllottedIdIsNotPendingAnyMore_StoresNothing()
    {
        var result = await IssueAsync(Asked() with { LicenseId = "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB" });

        Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.NotFound));
        Assert.That(_store.Attempts, Is.Zero);
    }

    [Test]
    public async Task Issue_UnknownProduct_StoresAndSignsNothing()
    {
        var result = await IssueAsync(Asked() with { Order = Order with { MarketplaceProductId = "OFFI2" } });

        Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.UnknownProduct));
        Assert.That((_store.Attempts, _signer.Signed), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Execute_Renewal_AnswersWhatTheStoreHasThen()
    {
        var license = await SellAsync();

        var result = await RenewAsync(license, "CS2");

        var stored = (await _store.FindLicenseAsync(license.Id, [], CancellationToken.None))!.Record;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(result.Record!.License, Is.EqualTo(stored.License));
            Assert.That(result.Record.CodeText, Is.EqualTo(stored.CodeText).And.StartsWith("code 2 "));
            Assert.That(result.Record.Orders, Is.EqualTo(stored.Orders));
            Assert.That(stored.Orders.Select(order => (order.OrderId, order.Scene)), Is.EqualTo([("CS1", (string?)null), ("CS2", "A_SCENE")]));
        }
    }

    [Test]
    public async Task Execute_CommandWithoutANewCode_AnswersTheCodeThatTheLicenseHas()
    {
        var license = await SellAsync();

        var result = await _service.ExecuteAsync(new LicenseTarget(license.Id), Calls.AdminFreeze, CancellationToken.None);

        Assert.That(result.Record!.License.RecordedState, Is.EqualTo(LicenseState.Frozen));
        Assert.That(result.Record.CodeText, Is.EqualTo($"code 1 of {license.Id}"));
        Assert.That(_signer.Signed, Is.EqualTo(1), "the purchase's");
    }

    [Test]
    public async Task Execute_AnotherAccountOrADebugCaseOnARealLicense_IsNotFound()
    {
        var license = await SellAsync();
        var targets = new[] { new LicenseTarget("lic_unknown"), new LicenseTarget(license.Id, "another"), new LicenseTarget(license.Id, "default", SaysTest: true) };

        foreach (var target in targets)
        {
            var result = await _service.ExecuteAsync(target, Calls.Expire, CancellationToken.None);
            Assert.That(result, Is.EqualTo(CommandResult.NotFound), $"{target}");
        }

        Assert.That(_store.Only, Is.EqualTo(license));
    }

    // A column holds milliseconds: what was decided and what is read back must be equal, or it cannot be told after a lost answer that it was stored.
    [Test]
    public async Task Execute_ClockWithOddTicks_NoInstantHasMoreThanMilliseconds()
    {
        var license = await SellAsync();

        var result = await _service.ExecuteAsync(new LicenseTarget(license.Id), Calls.AdminRevoke, CancellationToken.None);

        Assert.That(_time.GetUtcNow().Ticks % TimeSpan.TicksPerMillisecond, Is.Not.Zero);
        Assert.That(result.Record!.License.LastEventAt.Ticks % TimeSpan.TicksPerMillisecond, Is.Zero);
        Assert.That(_store.Commits[^1].Events.Select(each => each.At.Ticks % TimeSpan.TicksPerMillisecond), Is.All.Zero);
    }

    // ---- races: overtaken 1 to 4 times it is served all the same, 5 times it is busy

    [Test]
    public async Task Execute_OvertakenByOtherCommands_DecidesOnWhatTheyLeft([Range(1, 4)] int times)
    {
        var license = await SellAsync();
        OvertakenBy(times, attempt => RenewAsync(license, $"OTHER{attempt}", End.AddDays(attempt)));

        var result = await _service.ExecuteAsync(new LicenseTarget(license.Id), Calls.AdminFreeze, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Applied));
            Assert.That(_store.Attempts, Is.EqualTo(1 + times + 1), "the purchase, so many in vain, and the one that counts");
            Assert.That(_store.Only.ExpiresAt, Is.EqualTo(End.AddDays(times)), "the others' changes are kept");
            Assert.That(_store.Only.HoldAdmin, Is.Not.Null);
            Assert.That(result.Record!.License, Is.EqualTo(_store.Only));
            Assert.That(result.Record.CodeText, Does.StartWith($"code {times + 1} "), "the newest code is the others'");
            Assert.That(result.Record.Orders, Has.Count.EqualTo(times + 1));
        }
    }

    [Test]
    public async Task Execute_OvertakenFiveTimes_IsBusyAndStoresNothingOfIt()
    {
        var license = await SellAsync();
        OvertakenBy(5, attempt => RenewAsync(license, $"OTHER{attempt}", End.AddDays(attempt)));

        await Assert.ThatAsync(
            () => _service.ExecuteAsync(new LicenseTarget(license.Id), Calls.AdminFreeze, CancellationToken.None), Throws.InstanceOf<StoreBusyException>());

        Assert.That(_store.Attempts, Is.EqualTo(1 + LicenseService.MaximumTries), "the purchase, and all in vain");
        Assert.That(_store.Only.HoldAdmin, Is.Null);
    }

    [Test]
    public async Task Issue_OvertakenByTheSameOrder_AnswersTheLicenseOfTheFirst()
    {
        CommandResult? other = null;
        OvertakenBy(1, async _ => other = await IssueAsync(Asked()));

        var result = await IssueAsync(Asked());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Record!.License, Is.EqualTo(other!.Record!.License));
            Assert.That(result.Record.CodeText, Is.EqualTo(other.Record.CodeText), "the loser's code is thrown away");
            Assert.That(_signer.Signed, Is.EqualTo(2));
            Assert.That(_store.Commits, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task Issue_OvertakenByAnotherOrderOfTheCustomer_TakesTheSameCustomerId()
    {
        OvertakenBy(1, _ => IssueAsync(Asked() with { Order = Order with { OrderId = "CS-OTHER" } }));

        var result = await IssueAsync(Asked());

        Assert.That(_store.Commits, Has.Count.EqualTo(2));
        Assert.That(result.Record!.License.Customer.Id, Is.EqualTo(_store.Commits[0].After.Customer.Id));
    }

    [Test]
    public async Task Execute_TermEndsWhileItWaits_IsDecidedAsTheClockHasDecided()
    {
        var license = await SellAsync();
        OvertakenBy(1, _ =>
        {
            _time.SetUtcNow(End + Grace);
            return Task.CompletedTask;
        });

        var result = await _service.ExecuteAsync(new LicenseTarget(license.Id), Calls.AdminFreeze, CancellationToken.None);

        Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Refused), "released by the clock meanwhile");
        Assert.That(_store.Only, Is.EqualTo(license));
    }

    [Test]
    public async Task Execute_SameCallWasAnsweredMeanwhile_HasNoSecondEffect()
    {
        var license = await SellAsync();
        OvertakenBy(1, _ => RenewAsync(license, "CS2"));

        var result = await RenewAsync(license, "CS2");

        Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Applied), "as the first one was answered");
        Assert.That(_store.Only.Generation, Is.EqualTo(2));
        Assert.That(result.Record!.CodeText, Does.StartWith("code 2 "));
    }

    [Test]
    public async Task Issue_SameOrderWithOtherContentTwiceAtOnce_IsOneConflict()
    {
        await SellAsync();
        OvertakenBy(1, _ => IssueAsync(Asked() with { Quantity = 6 }));

        var result = await IssueAsync(Asked() with { Quantity = 6 });

        Assert.That(_store.Conflicts, Has.Count.EqualTo(1));
        Assert.That(result.Record!.License.Quantity, Is.EqualTo(5));
        Assert.That(_logs.Lines.Count(line => line.Level == LogLevel.Warning), Is.EqualTo(1), "told once");
    }

    [Test]
    public async Task Issue_FinishedTestLicenseTwiceAtOnce_BeginsOneNewRound()
    {
        var asked = Asked() with { Order = Order with { Test = true } };
        var first = await IssueAsync(asked);
        _time.SetUtcNow(End + Grace);
        OvertakenBy(1, _ => IssueAsync(asked with { ExpiresAt = End.AddYears(1) }));

        var again = await IssueAsync(asked with { ExpiresAt = End.AddYears(1) });

        Assert.That(again.Record!.License.Id, Is.EqualTo(first.Record!.License.Id));
        Assert.That(_store.Only.Round, Is.EqualTo(2));
    }

    // ---- conflicts

    [Test]
    public async Task Resolve_OvertakenByAnotherDecision_IsRefusedAndAppliedOnce()
    {
        await SellAsync();
        await IssueAsync(Asked() with { Quantity = 6 });
        var conflict = _store.Conflicts.Single().Conflict;
        OvertakenBy(1, _ => ResolveAsync(conflict.Id, ConflictStatus.Dismissed, "admin:other"));

        var result = await ResolveAsync(conflict.Id, ConflictStatus.Applied, "admin:one");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Refused));
            Assert.That(result.Reason, Does.Contain("dismissed").And.Contain("admin:other"));
            Assert.That(_store.Only.Quantity, Is.EqualTo(5));
            Assert.That(_store.Conflicts.Single().ResolvedBy, Is.EqualTo("admin:other"));
        }
    }

    [Test]
    public async Task Resolve_OvertakenByACommandOnTheLicense_AppliesWhatTheCallAskedForAndNothingElse()
    {
        var license = await SellAsync();
        await IssueAsync(Asked() with { Quantity = 6 });
        OvertakenBy(1, _ => RenewAsync(license, "CS2"));

        var result = await ResolveAsync(_store.Conflicts.Single().Conflict.Id, ConflictStatus.Applied, "admin:one");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Conflict, Is.EqualTo(_store.Conflicts.Single()), "the answer holds the conflict as it is then");
            Assert.That(result.Conflict!.Status, Is.EqualTo(ConflictStatus.Applied));
            Assert.That((_store.Only.Quantity, _store.Only.ExpiresAt), Is.EqualTo((6, (DateTimeOffset?)End.AddYears(1))));
        }
    }

    [Test]
    public async Task Resolve_UnknownConflict_IsNotFound() =>
        Assert.That(await ResolveAsync("cft_unknown", ConflictStatus.Applied, "admin:one"), Is.EqualTo(CommandResult.NotFound));

    [Test]
    public async Task Execute_OldExpireCallOnARenewedLicense_KeepsAConflictThatProposesTheEndOfTheTerm()
    {
        var license = await SellAsync();
        await RenewAsync(license, "CS2");

        var result = await _service.ExecuteAsync(new LicenseTarget(license.Id, "default"), Calls.Expire, CancellationToken.None);

        Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Conflict));
        Assert.That(_store.Conflicts.Single().Conflict.Proposal, Is.EqualTo(new ConflictProposal(Expire: true, ExpiresAt: null, Quantity: null)));
    }

    [Test]
    public async Task Execute_UnservedOrder_IsKeptWithWhatItAskedForAndAlarms()
    {
        var license = await SellAsync();
        await _service.ExecuteAsync(new LicenseTarget(license.Id), Calls.AdminRevoke, CancellationToken.None);

        var result = await RenewAsync(license, "CS2");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Outcome, Is.EqualTo(CommandOutcome.Unserved));
            Assert.That(_store.Conflicts.Single().Conflict.Kind, Is.EqualTo(ConflictKind.Unserved));
            Assert.That(_store.Conflicts.Single().Conflict.Proposal.ExpiresAt, Is.EqualTo(End.AddYears(1)));
            Assert.That(_logs.Lines.Single(line => line.Level == LogLevel.Error).Message, Does.StartWith("ALARM").And.Contain("CS2"));
        }
    }

    // ---- the store is busy, the signer fails: nothing is stored, and the repeat is served

    [Test]
    public async Task AnyCommand_StoreIsBusy_IsToldAndTheRepeatIsServed()
    {
        var license = await SellAsync();
        _store.Between = _ => throw new StoreBusyException("full");
        await Assert.ThatAsync(() => RenewAsync(license, "CS2"), Throws.InstanceOf<StoreBusyException>());
        await Assert.ThatAsync(() => IssueAsync(Asked() with { Order = Order with { OrderId = "CS9" } }), Throws.InstanceOf<StoreBusyException>());
        Assert.That(_store.Commits, Has.Count.EqualTo(1));

        _store.Between = null;

        Assert.That((await RenewAsync(license, "CS2")).Outcome, Is.EqualTo(CommandOutcome.Applied));
    }

    [Test]
    public async Task AnyCommand_SignerFails_NothingIsHandedToTheStore()
    {
        var license = await SellAsync();
        var attempts = _store.Attempts;
        _signer.Fails = true;
        await Assert.ThatAsync(() => RenewAsync(license, "CS2"), Throws.InstanceOf<SigningException>());
        await Assert.ThatAsync(() => IssueAsync(Asked() with { Order = Order with { OrderId = "CS9" } }), Throws.InstanceOf<SigningException>());
        Assert.That(_store.Attempts, Is.EqualTo(attempts));
        Assert.That(_store.Only, Is.EqualTo(license));

        _signer.Fails = false;

        Assert.That((await RenewAsync(license, "CS2")).Outcome, Is.EqualTo(CommandOutcome.Applied));
    }

    private static IssueLicense Asked() => new(Order, "a customer", "A Customer", 5, End, Calls.Marketplace, Calls.Policy);

    private Task<CommandResult> IssueAsync(IssueLicense command) => _service.IssueAsync(command, CancellationToken.None);

    private async Task<License> SellAsync() => (await IssueAsync(Asked())).Record!.License;

    private Task<CommandResult> RenewAsync(License license, string orderId, DateTimeOffset? expiresAt = null)
    {
        var newEnd = expiresAt ?? End.AddYears(1);
        var command = new LicenseCommand.SetTerm(new CallSource(CallSource.Marketplace, "aCall", orderId), Calls.Policy, TermPurpose.Unstated, newEnd)
        {
            Order = new TermOrder("A_SCENE", "OFFI1"),
            Keys = [CallKey.Renewal("A_SCENE", orderId, "", newEnd)],
        };
        return _service.ExecuteAsync(new LicenseTarget(license.Id, "default"), command, CancellationToken.None);
    }

    private Task<CommandResult> ResolveAsync(string id, ConflictStatus status, string actor) =>
        _service.ResolveAsync(new ResolveConflict(id, status, actor, Reason: null), CancellationToken.None);

    // The first so many commits that are handed in from now on are overtaken by what is given, which another node does: this one lets nobody between.
    private void OvertakenBy(int times, Func<int, Task> other)
    {
        var before = _store.Attempts;
        _store.Between = async attempt =>
        {
            if (attempt - before > times)
            {
                return;
            }

            var own = _service;
            _service = CreateService();
            try
            {
                await other(attempt - before);
            }
            finally
            {
                _service = own;
            }
        };
    }

    private LicenseService CreateService()
    {
        var product = new Product("editor", Grace, DefaultPeriod: null, Entitlements.None, IncludeCustomerName: false);
        var products = new ProductCatalogs([new("default", new ProductCatalog([(product, ["OFFI1"])]))]);
        return new LicenseService(
            _store, _signer, products, new Identifiers(_time), _time, _loggers.CreateLogger<LicenseService>());
    }

    private sealed class CountingSigner : ILicenseSigner
    {
        public int Signed { get; private set; }

        public bool Fails { get; set; }

        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken)
        {
            if (Fails)
            {
                throw new SigningException("the test says so");
            }

            Signed++;
            return ValueTask.FromResult(new SignedCode(
                string.Create(CultureInfo.InvariantCulture, $"code {license.Generation} of {license.Id}"), [], StatusList: 1, Signed, KeySerial: 1));
        }
    }
}
