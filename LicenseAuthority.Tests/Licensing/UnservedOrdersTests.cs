using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>A refused order is told of in the log, once, and also where nothing can be stored.</summary>
internal sealed class UnservedOrdersTests
{
    private FakeTimeProvider _time = null!;
    private MemoryLicenseStore _store = null!;
    private RecordedLogs _logs = null!;
    private LoggerFactory _loggers = null!;
    private UnservedOrders _orders = null!;

    [SetUp]
    public void Start()
    {
        _time = new FakeTimeProvider(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));
        _store = new MemoryLicenseStore(_time);
        _logs = new RecordedLogs();
        _loggers = new LoggerFactory([_logs]);
        _orders = new UnservedOrders(_store, new Identifiers(_time), _time, _loggers.CreateLogger<UnservedOrders>());
    }

    [TearDown]
    public void Stop()
    {
        _loggers.Dispose();
        _logs.Dispose();
    }

    [Test]
    public async Task Keep_Order_IsStoredAndTold()
    {
        await KeepAsync("CS1");

        var entry = _store.Conflicts.Single().Conflict;
        Assert.That((entry.LicenseId, entry.Kind, entry.Order!.Key.OrderId), Is.EqualTo((null as string, ConflictKind.Unserved, "CS1")));
        Assert.That(Warnings().Single(), Does.Contain("CS1").And.Contain("why it was").And.Contain("/admin/v1/conflicts"));
    }

    [Test]
    public async Task Keep_StoreFails_TheLineIsThereAllTheSame()
    {
        _store.Fault = new InvalidOperationException("the disk is full");

        await KeepAsync("CS1");

        Assert.That(_store.Conflicts, Is.Empty);
        Assert.That(Warnings(), Has.One.Contains("CS1").And.Contains("could not be stored either"));
        Assert.That(Warnings(), Has.One.Contains(nameof(InvalidOperationException)));
    }

    // The caller has waited for the store as long as it may; a second wait would be after the marketplace has gone.
    [Test]
    public async Task Keep_StoreIsBusy_OnlyTheLine()
    {
        await _orders.KeepAsync(Order("CS1"), storeIsBusy: true);

        Assert.That(_store.Conflicts, Is.Empty);
        Assert.That(Warnings().Single(), Does.Contain("CS1").And.Contain("could not be stored either"));
    }

    [Test]
    public async Task Keep_AgainAndAgain_ToldOnceAnHour()
    {
        for (var i = 0; i < 100; i++)
        {
            await KeepAsync("CS1");
        }

        Assert.That(Warnings(), Has.Count.EqualTo(1));
        _time.Advance(RecentlyTold<OrderKey>.ToldAgainAfter - TimeSpan.FromTicks(1));
        await KeepAsync("CS1");
        Assert.That(Warnings(), Has.Count.EqualTo(1));
        _time.Advance(TimeSpan.FromTicks(1));
        await KeepAsync("CS1");
        Assert.That(Warnings(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Keep_MoreOrdersThanAreRemembered_EachIsToldAndTheOldestForgotten()
    {
        for (var i = 0; i <= RecentlyTold<OrderKey>.MostRemembered; i++)
        {
            await _orders.KeepAsync(Order($"CS{i}"), storeIsBusy: true);
        }

        await _orders.KeepAsync(Order($"CS{RecentlyTold<OrderKey>.MostRemembered}"), storeIsBusy: true);
        Assert.That(Warnings(), Has.Count.EqualTo(RecentlyTold<OrderKey>.MostRemembered + 1));
        await _orders.KeepAsync(Order("CS0"), storeIsBusy: true);
        Assert.That(Warnings(), Has.Count.EqualTo(RecentlyTold<OrderKey>.MostRemembered + 2));
    }

    [Test]
    public async Task Keep_TestOrder_WarnsNobody()
    {
        await _orders.KeepAsync(Order("CS1", test: true), storeIsBusy: false);

        Assert.That(Warnings(), Is.Empty);
        Assert.That(_logs.Lines.Single().Level, Is.EqualTo(LogLevel.Information));
        Assert.That(_store.Conflicts, Has.Count.EqualTo(1));
    }

    [Test]
    public void TellUnreadable_OfManyCalls_ToldOnce()
    {
        _orders.TellUnreadable("default", "answered 000002: the parameter orderId is missing");
        _orders.TellUnreadable("default", "answered 000002: the parameter orderId is missing");

        Assert.That(Warnings().Single(), Does.Contain("orderId is missing"));
    }

    private Task KeepAsync(string orderId) => _orders.KeepAsync(Order(orderId), storeIsBusy: false);

    private List<string> Warnings() => [.. _logs.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Message)];

    private static UnservedOrder Order(string orderId, bool test = false) => new(
        new OrderFacts(new OrderKey("default", test, orderId, "", "OFFI1"), "c0ffee", null), Quantity: 1, ExpiresAt: null,
        new CallSource(CallSource.Marketplace, "getLicense", orderId), "why it was refused");
}
